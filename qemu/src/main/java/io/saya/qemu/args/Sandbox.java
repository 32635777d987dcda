package io.saya.qemu.args;

import java.util.List;

/**
 * {@code -sandbox}: QEMU's own seccomp filter.
 *
 * @param value in QEMU's syntax, as the configuration's {@code seccompsandbox} has it
 */
public record Sandbox(String value) implements Argument {
    @Override
    public List<String> words() {
        return List.of("-sandbox", value);
    }
}
