package io.saya.qemu;

import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmSpec;
import io.saya.qemu.args.CommandLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Tells machines apart that must not go on from one another's state: by QEMU's command line, by the
 * files that it is made of, and by the host. A file is known by its inode, size and times of
 * change, which nobody can put back: its content would take longer to read than the guest to start.
 */
final class MachineFingerprint {

    /** Where firmware and option ROMs of the host's QEMU are. A package changes the directory. */
    private static final List<Path> FIRMWARE =
            List.of(Path.of("/usr/share/qemu"), Path.of("/usr/share/seabios"));

    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    private MachineFingerprint() {}

    /**
     * Describes a machine.
     *
     * @param spec without anything of a sandbox
     */
    static String of(VmSpec spec, CommandLine commandLine) throws HypervisorFailure {
        StringBuilder text = new StringBuilder();
        String version = MachineFingerprint.class.getPackage().getImplementationVersion();
        try {
            text.append("saya ").append(version).append('\n');
            text.append("boot ").append(Files.readString(BOOT_ID).strip()).append('\n');
            append(text, spec.vmm().binary());
            append(text, spec.guest().kernel());
            if (spec.guest().initrd().isPresent()) {
                append(text, spec.guest().initrd().get());
            }
            if (spec.guest().image().isPresent()) {
                append(text, spec.guest().image().get().path());
            }
            for (Path directory : FIRMWARE) {
                append(text, directory);
            }
        } catch (IOException e) {
            throw new HypervisorFailure("what the machine is made of: " + e.getMessage(), e);
        }
        commandLine.words().forEach(word -> text.append(word).append('\n'));
        return text.toString();
    }

    private static void append(StringBuilder text, Path file) throws IOException {
        text.append(file);
        try {
            Map<String, Object> is =
                    Files.readAttributes(file, "unix:dev,ino,size,lastModifiedTime,ctime");
            for (String name : List.of("dev", "ino", "size", "lastModifiedTime", "ctime")) {
                text.append(' ').append(is.get(name));
            }
        } catch (NoSuchFileException _) {
            text.append(" absent");
        }
        text.append('\n');
    }
}
