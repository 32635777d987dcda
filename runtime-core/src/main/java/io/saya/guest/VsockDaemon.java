package io.saya.guest;

import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.host.Placement;
import io.saya.host.SpawnSpec;
import io.saya.hypervisor.VsockDaemonSockets;
import io.saya.lifecycle.Waited;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The daemon that carries a guest's vsock where the host's kernel does not: vhost-device-vsock of
 * rust-vmm. It reads what a hostile guest writes, so it is confined: a user of its own, no
 * capability, no network, and of the host's files only its program and the directory of its
 * sockets. It makes these itself and inherits none.
 */
final class VsockDaemon {

    /**
     * The user of a sandbox's daemon is this and the pid of this process, by the rule of QEMU's
     * (packaging/launcher/README.md), in a range beside that one.
     */
    private static final int FIRST_USER = 0x7080_0000;

    /** How long it may take to listen: some 10 ms on a quiet host. */
    private static final Duration LISTEN_LIMIT = Duration.ofSeconds(10);

    private static final Duration GLANCE = Duration.ofMillis(2);

    /** Of a socket that listens, in {@code /proc/net/unix}: __SO_ACCEPTCON. */
    private static final String LISTENS = "00010000";

    private final HostProcess process;
    private final Path binary;
    private final VsockDaemonSockets sockets;

    private VsockDaemon(HostProcess process, Path binary, VsockDaemonSockets sockets) {
        this.process = process;
        this.binary = binary;
        this.sockets = sockets;
    }

    /**
     * Starts the daemon; does not wait for it.
     *
     * @param binary {@code vhost_user_vsock_daemon}
     * @throws IOException that names the binary if it cannot be started
     */
    static VsockDaemon start(Host host, Path binary, VsockDaemonSockets sockets)
            throws IOException {
        int user = FIRST_USER + Math.toIntExact(ProcessHandle.current().pid());
        Files.createDirectory(
                sockets.directory(),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.setAttribute(sockets.directory(), "unix:gid", user);
        Files.setAttribute(sockets.directory(), "unix:uid", user);
        HostProcess process =
                host.spawn(
                        new SpawnSpec(
                                argv(binary, sockets),
                                Map.of(),
                                List.of(),
                                Optional.of(SpawnSpec.NEW_NETWORK_NAMESPACE),
                                Path.of("/"),
                                Placement.confinedAs(
                                        new Placement.User(user, user),
                                        List.of(binary, sockets.directory()))));
        return new VsockDaemon(process, binary, sockets);
    }

    static List<String> argv(Path binary, VsockDaemonSockets sockets) {
        return List.of(
                binary.toString(),
                // Each sandbox has a daemon of its own, so all guests may have the same address.
                "--guest-cid=3",
                "--socket=" + sockets.vmm(),
                "--uds-path=" + sockets.host());
    }

    HostProcess process() {
        return process;
    }

    /**
     * Waits until the VMM can connect, without connecting: the daemon takes who connects for the
     * VMM.
     *
     * @throws IOException with what the daemon said, if it ends or does not listen in time
     */
    void awaitListening() throws IOException {
        long deadline = System.nanoTime() + LISTEN_LIMIT.toNanos();
        while (!listens()) {
            if (Waited.on(process.exited(), GLANCE).isDone()) {
                throw new IOException(ending(binary, process));
            }
            if (System.nanoTime() - deadline > 0) {
                throw new IOException(
                        binary
                                + " (vhost_user_vsock_daemon) does not listen at "
                                + sockets.vmm()
                                + " after "
                                + LISTEN_LIMIT.toSeconds()
                                + " s");
            }
        }
    }

    private boolean listens() throws IOException {
        if (!Files.exists(sockets.vmm())) {
            return false;
        }
        // Its own network namespace, so its own sockets alone.
        for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/net/unix"))) {
            if (line.endsWith(" " + sockets.vmm()) && line.contains(" " + LISTENS + " ")) {
                return true;
            }
        }
        return false;
    }

    /** Says how a daemon ended that should not have. */
    static String ending(Path binary, HostProcess process) {
        return binary
                + " (vhost_user_vsock_daemon) ended with "
                + process.exited().join().describe()
                + BootDiagnosis.printed("; it said: ", BootFailure.end(process.outputTail()));
    }
}
