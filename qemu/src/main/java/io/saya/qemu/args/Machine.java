package io.saya.qemu.args;

import java.util.List;

/**
 * {@code -machine}.
 *
 * @param type such as {@code q35}
 * @param memoryBackend id of the object that is the guest's memory
 * @param options whole options such as {@code smm=off}
 */
public record Machine(String type, String memoryBackend, List<Option> options) implements Argument {

    public Machine {
        options = List.copyOf(options);
    }

    /** An option of the machine. */
    public record Option(String key, String value) {}

    @Override
    public List<String> words() {
        Options text = Options.of(type).with("memory-backend", memoryBackend);
        for (Option option : options) {
            text.with(option.key(), option.value());
        }
        return List.of("-machine", text.toString());
    }
}
