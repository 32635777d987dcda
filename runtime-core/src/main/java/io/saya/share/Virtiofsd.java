package io.saya.share;

import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.host.Placement;
import io.saya.host.Placement.Privileges;
import io.saya.host.SpawnSpec;
import io.saya.host.SpawnSpec.InheritedSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The daemon that serves a sandbox's shared directory to its VM. It inherits its socket listening,
 * so that QEMU can connect before it has come so far, and keeps its own sandbox: a mount and a pid
 * namespace of its own, a seccomp filter, and no capabilities but those for files. Its options are
 * those of Debian's (QEMU 7.2's) C version; the Rust version takes the same under other names.
 *
 * <p>READDIRPLUS is always off. Both versions look every name up while they read a directory, and
 * take one that has gone since, or a whiteout that covers nothing, for an error of the whole read.
 * The guest's C library takes that error, ENOENT, for the end of the directory: listings would lose
 * files that nobody touched, and succeed.
 *
 * <p>A request carries the user and the group of who asks, which the daemon takes on to make files
 * in their name, and not their supplementary groups: those that Kubernetes' fsGroup is given by.
 * With the ids it would lose its right to files of others, so it keeps its capabilities then. What
 * may be done is decided before, by the guest's kernel, which checks the rights of every file
 * itself (virtio-fs mounts have default_permissions) and takes set-id bits away.
 *
 * <p>Extended attributes are on: programs keep them, an image's programs have their capabilities.
 * The guest asks for {@code security.capability} before each write then. There are no ACLs: the
 * guest's kernel (6.1) has them at the top of what is shown only, not in the mounts below.
 */
public final class Virtiofsd {

    private static final String CAPABILITIES_IN_RUST = "--modcaps=";

    /** Words that change its capabilities, in Rust's spelling or in C's. */
    private static final Pattern CAPABILITIES = Pattern.compile("(?:--)?modcaps=([-+:a-z_]+)");

    /** The word by which an operator turns extended attributes off, as in {@code -o no_xattr}. */
    private static final Pattern NO_ATTRIBUTES =
            Pattern.compile("(?:-o|--)?(?:.*,)?no[_-]xattr(?:,.*)?");

    /** What is taken from the daemon where no file of a guest can have attributes. */
    private static final String WITHOUT_FILE_CAPABILITIES = "-setfcap";

    private Virtiofsd() {}

    /**
     * Starts the daemon.
     *
     * @param binary {@code virtio_fs_daemon}
     * @param socket where QEMU will connect
     * @param exported the directory to show
     * @param cache {@code virtio_fs_cache}
     * @param extraArguments {@code virtio_fs_extra_args}; {@code --no-xattr} among them turns
     *     extended attributes off
     * @throws IOException that names the binary if it cannot be started
     */
    public static HostProcess start(
            Host host,
            Path binary,
            Path socket,
            Path exported,
            String cache,
            List<String> extraArguments)
            throws IOException {
        List<String> argv = argv(binary, exported, cache, extraArguments);
        return host.spawn(
                new SpawnSpec(
                        argv,
                        Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
                        List.of(new InheritedSocket("vhost-user", socket)),
                        Optional.empty(),
                        Path.of("/"),
                        Placement.AS_GUARD.withPrivileges(Privileges.KEPT_AS_ANY_USER)));
    }

    static List<String> argv(
            Path binary, Path exported, String cache, List<String> extraArguments) {
        boolean none = extraArguments.stream().anyMatch(NO_ATTRIBUTES.asMatchPredicate());
        List<String> capabilities = capabilities(none, extraArguments);
        List<String> argv = new ArrayList<>();
        argv.add(binary.toString());
        argv.add("--fd=%fd:vhost-user%");
        if (rust(binary)) {
            argv.addAll(
                    List.of(
                            "--shared-dir=" + exported,
                            "--cache=" + cacheInRust(cache),
                            "--announce-submounts",
                            "--no-readdirplus",
                            "--sandbox=namespace"));
            if (!none) {
                argv.add("--xattr");
            }
            if (!capabilities.isEmpty()) {
                argv.add(CAPABILITIES_IN_RUST + String.join(":", capabilities));
            }
            for (String argument : extraArguments) {
                // It refuses a flag that it is given twice.
                if (!argv.contains(argument)
                        && !argument.equals("--no-xattr")
                        && !argument.startsWith(CAPABILITIES_IN_RUST)) {
                    argv.add(argument);
                }
            }
            return argv;
        }
        argv.addAll(
                List.of(
                        "-o",
                        "source=" + exported,
                        "-o",
                        cacheInC(cache),
                        "-o",
                        "announce_submounts",
                        "-o",
                        "sandbox=namespace",
                        "-f"));
        if (!none) {
            argv.addAll(List.of("-o", "xattr"));
        }
        for (String argument : extraArguments) {
            addInC(argument, argv);
        }
        // Last, since the last word wins.
        argv.addAll(List.of("-o", "no_readdirplus"));
        if (!capabilities.isEmpty()) {
            argv.addAll(List.of("-o", "modcaps=" + String.join(":", capabilities)));
        }
        return argv;
    }

    /**
     * Changes of virtiofsd's capabilities: an operator's, which virtiofsd reads after ours. Where
     * files have extended attributes, it keeps the capability by which it gives files capabilities.
     * It may make device nodes: a container without a tmpfs on /dev has its first ones made on its
     * root; on the host no share lets one be opened (nodev).
     */
    private static List<String> capabilities(boolean noAttributes, List<String> extraArguments) {
        List<String> changes = new ArrayList<>();
        if (noAttributes) {
            changes.add(WITHOUT_FILE_CAPABILITIES);
        }
        for (String argument : extraArguments) {
            Matcher given = CAPABILITIES.matcher(argument);
            if (given.matches()) {
                changes.add(given.group(1));
            }
        }
        return changes;
    }

    /** The Rust version has no time limit to set, so its nearest mode is the strict one. */
    private static String cacheInRust(String cache) {
        return "revalidate".equals(cache) ? "auto" : cache;
    }

    /**
     * The C version has other words for it. With "auto" the guest drops the pages of a file
     * whenever it is opened, so that each exec reads its program from the host again (measured
     * under TCG: 110 instead of 58 ms of processor time for an exec of busybox). "revalidate" keeps
     * them: attributes and names count for one second, as with "auto", and pages are dropped when
     * the time or size of their file is found changed.
     */
    private static String cacheInC(String cache) {
        return switch (cache) {
            case "never" -> "cache=none";
            case "revalidate" -> "cache=always,timeout=1";
            default -> "cache=" + cache;
        };
    }

    /** Kata's shipped files hold arguments of the Rust version, which the C version spells so. */
    private static void addInC(String argument, List<String> argv) {
        switch (argument) {
            case "--announce-submounts", "--no-readdirplus" -> {} // They are always given.
            case "--allow-direct-io",
                    "--killpriv-v2",
                    "--no-killpriv-v2",
                    "--no-xattr",
                    "--posix-acl",
                    "--security-label",
                    "--writeback",
                    "--xattr" -> {
                argv.add("-o");
                argv.add(argument.substring("--".length()).replace('-', '_'));
            }
            default -> {
                if (!argument.startsWith(CAPABILITIES_IN_RUST)) {
                    argv.add(argument);
                }
            }
        }
    }

    /**
     * Debian 12 has the C version in QEMU's directory; everywhere else the Rust version is what is
     * called virtiofsd.
     */
    private static boolean rust(Path binary) {
        return !binary.startsWith("/usr/lib/qemu");
    }
}
