package io.saya.cli.check;

import io.saya.config.GuestConfig;
import io.saya.config.RootImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the VM boots: a kernel that is one, an image that fits. */
final class GuestCheck {
    private static final long MIB = 1024 * 1024;

    /** Offset of a bzImage's magic "HdrS" (Documentation/arch/x86/boot.rst). */
    private static final int BZIMAGE_MAGIC = 0x202;

    private GuestCheck() {}

    static Finding guest(CheckedHost host) {
        GuestConfig guest = host.config().hypervisor().guest();
        Path root =
                guest.initrd().or(() -> guest.image().map(RootImage::path)).orElse(guest.kernel());
        try {
            String kind = kernelKind(guest.kernel());
            if (kind.isEmpty()) {
                return Finding.fail(
                        "guest",
                        guest.kernel() + " is no Linux kernel (neither bzImage nor ELF)",
                        "correct 'kernel' in [hypervisor.qemu]");
            }
            long mib = Files.size(root) / MIB;
            int memory = host.config().hypervisor().memory().defaultMib();
            if (guest.initrd().isPresent() && mib >= memory) {
                return Finding.fail(
                        "guest",
                        root
                                + " ("
                                + mib
                                + " MiB) does not fit into the guest's memory of "
                                + memory
                                + " MiB",
                        "raise default_memory in [hypervisor.qemu]");
            }
            return Finding.pass(
                    "guest", kind + " " + guest.kernel() + ", " + root + " (" + mib + " MiB)");
        } catch (IOException e) {
            return Finding.fail(
                    "guest",
                    "cannot read " + e.getMessage(),
                    "correct 'kernel', 'initrd' or 'image' in [hypervisor.qemu], or install the"
                            + " guest");
        }
    }

    private static String kernelKind(Path kernel) throws IOException {
        try (InputStream in = Files.newInputStream(kernel)) {
            byte[] head = in.readNBytes(BZIMAGE_MAGIC + 4);
            if (head.length > 4 && head[0] == 0x7f && head[1] == 'E' && head[2] == 'L') {
                return "ELF kernel";
            }
            return head.length == BZIMAGE_MAGIC + 4
                            && head[BZIMAGE_MAGIC] == 'H'
                            && head[BZIMAGE_MAGIC + 1] == 'd'
                            && head[BZIMAGE_MAGIC + 2] == 'r'
                            && head[BZIMAGE_MAGIC + 3] == 'S'
                    ? "kernel"
                    : "";
        }
    }
}
