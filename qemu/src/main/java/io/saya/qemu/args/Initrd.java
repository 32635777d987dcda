package io.saya.qemu.args;

import java.nio.file.Path;
import java.util.List;

/** {@code -initrd}. */
public record Initrd(Path path) implements Argument {
    @Override
    public List<String> words() {
        return List.of("-initrd", path.toString());
    }
}
