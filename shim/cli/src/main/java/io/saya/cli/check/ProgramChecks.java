package io.saya.cli.check;

import io.saya.cli.host.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The programs that a sandbox consists of, asked themselves. */
final class ProgramChecks {
    /** Limit for an answer that takes 50 ms on a quiet host. */
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private static final int OLDEST_QEMU = 5;

    /** What every guest of ours is made of. */
    private static final List<String> DEVICES =
            List.of(
                    "vhost-user-fs-pci",
                    "virtio-serial-pci",
                    "virtserialport",
                    "virtio-blk-pci",
                    "virtio-net-pci",
                    "virtio-rng-pci",
                    "vhost-vsock-pci");

    private ProgramChecks() {}

    static Finding qemu(CheckedHost host) {
        Path qemu = host.config().hypervisor().vmm().path();
        String install = "install QEMU (Debian: apt-get install qemu-system-x86)";
        if (!Files.isExecutable(qemu)) {
            return Finding.fail("qemu", qemu + " cannot be executed", install);
        }
        try {
            String version = Program.run(LIMIT, qemu, "--version").firstLine();
            int major = majorVersion(version);
            if (major < OLDEST_QEMU) {
                return Finding.fail(
                        "qemu",
                        qemu + " says: " + version,
                        OLDEST_QEMU + ".0 or newer is needed: " + install);
            }
            String known = Program.run(LIMIT, qemu, "-device", "help").output();
            List<String> missing = new ArrayList<>();
            for (String device : DEVICES) {
                if (!known.contains('"' + device + '"')) {
                    missing.add(device);
                }
            }
            return missing.isEmpty()
                    ? Finding.pass("qemu", qemu + ", " + version)
                    : Finding.fail(
                            "qemu",
                            qemu + " (" + version + ") lacks " + String.join(", ", missing),
                            "use a QEMU that was built with them; Debian's has all");
        } catch (IOException e) {
            return Finding.fail("qemu", qemu + ": " + e.getMessage(), install);
        }
    }

    /** The number behind "version", 0 if there is none. */
    static int majorVersion(String text) {
        int at = text.indexOf("version ");
        int from = at < 0 ? text.length() : at + "version ".length();
        int to = from;
        while (to < text.length() && Character.isDigit(text.charAt(to))) {
            to++;
        }
        return to == from || to - from > 4 ? 0 : Integer.parseInt(text.substring(from, to));
    }

    static Finding virtiofsd(CheckedHost host) {
        Path daemon = host.config().hypervisor().sharedFs().daemon();
        String install =
                "set virtio_fs_daemon in [hypervisor.qemu], or install it (Debian 12:"
                        + " qemu-system-common has /usr/lib/qemu/virtiofsd)";
        if (!Files.isExecutable(daemon)) {
            return Finding.fail("virtiofsd", daemon + " cannot be executed", install);
        }
        try {
            Program answer = Program.run(LIMIT, daemon, "--version");
            return answer.exitCode() == 0
                    ? Finding.pass("virtiofsd", daemon + ", " + answer.firstLine())
                    : Finding.fail(
                            "virtiofsd",
                            daemon + " --version says: " + answer.firstLine(),
                            install);
        } catch (IOException e) {
            return Finding.fail("virtiofsd", daemon + ": " + e.getMessage(), install);
        }
    }

    /** The parts of the installation itself. */
    static Finding installation(CheckedHost host) {
        Path home = host.installation();
        for (String part : List.of("bin/containerd-shim-saya-v2", "lib/runtime/bin/java")) {
            if (!Files.isExecutable(home.resolve(part))) {
                return Finding.fail(
                        "installation",
                        home.resolve(part) + " cannot be executed",
                        "the installation is incomplete: install it again");
            }
        }
        if (!Files.isReadable(home.resolve("lib/saya.aot"))) {
            return Finding.warn(
                    "installation",
                    home + ", without lib/saya.aot",
                    "daemons start more slowly and need more memory; packaging/build.sh makes it");
        }
        return Finding.pass("installation", home.toString());
    }
}
