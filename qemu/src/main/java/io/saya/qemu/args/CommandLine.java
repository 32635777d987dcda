package io.saya.qemu.args;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A whole command line.
 *
 * @param binary absolute path of the QEMU binary
 */
public record CommandLine(Path binary, List<Argument> arguments) {

    public CommandLine {
        arguments = List.copyOf(arguments);
    }

    /** The words for exec, the binary first. */
    public List<String> words() {
        List<String> words = new ArrayList<>();
        words.add(binary.toString());
        for (Argument argument : arguments) {
            words.addAll(argument.words());
        }
        return List.copyOf(words);
    }
}
