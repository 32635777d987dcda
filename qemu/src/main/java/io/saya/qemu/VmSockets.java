package io.saya.qemu;

import io.saya.host.SpawnSpec.InheritedSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The sockets in a sandbox's directory through which the daemon and QEMU meet. Those QEMU listens
 * on are made before it starts and inherited, so connecting never has to be tried twice.
 *
 * @param qmp the monitor
 * @param console the guest's console
 * @param agent the host's end of the agent's serial port
 * @param vsockDaemon where a vhost-user vsock daemon listens for QEMU
 * @param hybridVsock where that daemon listens for those who want to talk to the guest
 */
record VmSockets(Path qmp, Path console, Path agent, Path vsockDaemon, Path hybridVsock) {

    /** Names of the inherited descriptors. */
    static final String QMP = "qmp";

    static final String CONSOLE = "console";
    static final String AGENT = "agent";

    static VmSockets in(Path runDirectory) {
        return new VmSockets(
                runDirectory.resolve("qmp.sock"),
                runDirectory.resolve("console.sock"),
                runDirectory.resolve("agent.sock"),
                runDirectory.resolve("vhost-vsock.sock"),
                runDirectory.resolve("vsock.sock"));
    }

    /** What QEMU inherits. */
    List<InheritedSocket> inherited(boolean serialAgent) {
        List<InheritedSocket> sockets = new ArrayList<>();
        sockets.add(new InheritedSocket(QMP, qmp));
        sockets.add(new InheritedSocket(CONSOLE, console));
        if (serialAgent) {
            sockets.add(new InheritedSocket(AGENT, agent));
        }
        return sockets;
    }
}
