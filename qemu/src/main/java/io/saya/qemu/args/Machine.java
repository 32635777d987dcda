package io.saya.qemu.args;

import java.util.List;
import java.util.Optional;

/**
 * {@code -machine}.
 *
 * @param type such as {@code q35}
 * @param memoryBackend id of the object that is the guest's memory; empty: those of its nodes are
 * @param options whole options such as {@code smm=off}
 * @param further words of the administrator, separated by commas; may be empty
 */
public record Machine(
        String type, Optional<String> memoryBackend, List<Option> options, String further)
        implements Argument {

    public Machine {
        options = List.copyOf(options);
    }

    /** An option of the machine. */
    public record Option(String key, String value) {}

    @Override
    public List<String> words() {
        Options text = Options.of(type);
        if (memoryBackend.isPresent()) {
            text.with("memory-backend", memoryBackend.get());
        }
        for (Option option : options) {
            text.with(option.key(), option.value());
        }
        return List.of("-machine", text + (further.isEmpty() ? "" : "," + further));
    }
}
