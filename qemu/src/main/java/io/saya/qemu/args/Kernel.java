package io.saya.qemu.args;

import java.nio.file.Path;
import java.util.List;

/** {@code -kernel}: a bzImage, or an uncompressed vmlinux with a PVH entry point. */
public record Kernel(Path path) implements Argument {
    @Override
    public List<String> words() {
        return List.of("-kernel", path.toString());
    }
}
