package io.saya.config.load;

import io.saya.config.HostSize;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/** A directory that stands for a host with an installation, QEMU and virtiofsd. */
public final class TestHost {

    private final Path root;

    /** Makes the installation below a directory that is empty. */
    public TestHost(Path root) throws IOException {
        this.root = root;
        write("install/share/saya/vmlinux", "kernel");
        write("install/share/saya/saya-initrd.img", "initrd");
        write("file", "something");
        write("empty", "");
        Files.createSymbolicLink(root.resolve("dangling"), Path.of("nowhere"));
        for (String program : new String[] {"qemu", "virtiofsd"}) {
            if (!write(program, "#!/bin/sh\n").toFile().setExecutable(true)) {
                throw new IOException(program + " cannot be made executable");
            }
        }
        try (RandomAccessFile large = new RandomAccessFile(path("large").toFile(), "rw")) {
            large.setLength(200L * 1024 * 1024); // Sparse.
        }
    }

    /** A path on the host. */
    public Path path(String name) {
        return root.resolve(name);
    }

    /** Writes a file, with the directories above it. */
    public Path write(String name, String text) throws IOException {
        Path file = path(name);
        Files.createDirectories(file.resolveSibling(""));
        return Files.writeString(file, text);
    }

    /** A section that names the QEMU and virtiofsd of this host, to begin a file with. */
    public String hypervisor(String lines) {
        return "[hypervisor.qemu]\npath = \""
                + path("qemu")
                + "\"\nvirtio_fs_daemon = \""
                + path("virtiofsd")
                + "\"\n"
                + lines;
    }

    /** A loader that knows only this host, which has 4 CPUs and 8000 MiB. */
    public ConfigLoader loader() {
        return new ConfigLoader(root, path("install"), new HostSize(4, 8000));
    }
}
