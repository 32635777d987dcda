package io.saya.qemu.args;

import java.util.List;

/** {@code -append}: the guest kernel's command line, taken as it is. */
public record Append(String kernelCommandLine) implements Argument {
    @Override
    public List<String> words() {
        return List.of("-append", kernelCommandLine);
    }
}
