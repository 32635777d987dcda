package io.saya.qemu;

import io.saya.qemu.args.CommandLine;
import java.util.ArrayList;
import java.util.List;

/** How a machine comes to run. */
sealed interface Start {

    /** It boots. */
    record Boot() implements Start {}

    /** It boots while nobody waits for it: others have the processors first. */
    record BootAside() implements Start {}

    /** It waits for the state of another, from which it goes on. */
    record Restore() implements Start {}

    /** The words to execute. */
    default List<String> words(CommandLine commandLine) {
        List<String> words = new ArrayList<>(commandLine.words());
        switch (this) {
            case Boot() -> {}
            // QEMU itself may not: its sandbox denies control of resources.
            case BootAside() -> words.addAll(0, List.of("/usr/bin/nice", "-n", "10"));
            case Restore() -> words.addAll(List.of("-incoming", "defer"));
        }
        return List.copyOf(words);
    }
}
