package io.saya.cli.host;

import io.saya.qemu.probe.KvmProbe;
import io.saya.qemu.probe.KvmVerdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Finds out what is known about KVM on this host, in the way of the daemons. */
public final class KvmState {

    private KvmState() {}

    /**
     * Asks the daemons' own probe. Blocks for a fraction of a second where the verdict is
     * remembered, for some seconds at most where a guest has to run first.
     *
     * @param runBase where daemons remember the verdict; where it cannot be written (not root), the
     *     probe runs without a memory
     */
    public static KvmVerdict of(Path qemu, Path runBase) {
        try {
            if (!Files.exists(runBase) && HostFiles.isRoot()) {
                Files.createDirectories(
                        runBase,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwx------")));
            }
            if (Files.isWritable(runBase)) {
                return KvmProbe.of(new LocalHost(), runBase).verdict(qemu);
            }
            Path directory = Files.createTempDirectory("saya-kvm");
            try {
                return KvmProbe.of(new LocalHost(), directory).verdict(qemu);
            } finally {
                Files.deleteIfExists(directory.resolve("kvm-probe.json"));
                Files.deleteIfExists(directory.resolve("kvm-probe.lock"));
                Files.deleteIfExists(directory);
            }
        } catch (IOException e) {
            return new KvmVerdict.Undecided("no probe guest started: " + e.getMessage());
        }
    }
}
