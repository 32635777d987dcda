package io.saya.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** An installation that is just enough for the checks of a configuration, and its file. */
public record Installed(Path directory) {

    /** Makes it. */
    public static Installed in(Path directory) throws IOException {
        Files.writeString(directory.resolve("kernel"), "not empty");
        Files.writeString(directory.resolve("initrd"), "not empty");
        Path program =
                Files.writeString(
                        directory.resolve("program"), "#!/bin/sh\necho program version 7.2\n");
        if (!program.toFile().setExecutable(true)) {
            throw new IOException(program + " cannot be made executable");
        }
        Installed installed = new Installed(directory);
        installed.configure("default_vcpus = 1");
        return installed;
    }

    /** The configuration file, which the environment names. */
    public Path file() {
        return directory.resolve("configuration.toml");
    }

    /** Writes the file: everything that has to exist, and further lines, from line 6 on. */
    public void configure(String lines) throws IOException {
        Files.writeString(
                file(),
                """
                [hypervisor.qemu]
                path = "%1$s/program"
                kernel = "%1$s/kernel"
                initrd = "%1$s/initrd"
                virtio_fs_daemon = "%1$s/program"
                %2$s
                """
                        .formatted(directory, lines));
    }

    /** Calls the command. */
    public Called saya(String... words) {
        return Called.saya(
                directory,
                Map.of(
                        "SAYA_CONF_FILE",
                        file().toString(),
                        "SAYA_RUN_DIR",
                        directory.resolve("run").toString()),
                words);
    }
}
