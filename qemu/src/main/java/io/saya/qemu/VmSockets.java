package io.saya.qemu;

import io.saya.host.SpawnSpec.InheritedSocket;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.AgentTransport;
import io.saya.hypervisor.VsockDaemonSockets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The sockets in a sandbox's directory through which the daemon and QEMU meet. Those QEMU listens
 * on are made before it starts and inherited, so connecting never has to be tried twice.
 *
 * @param qmp the monitor
 * @param console the guest's console
 * @param handover a second monitor, by which the guard hands over what QEMU cannot open itself
 * @param extraMonitor a further monitor, for an operator
 * @param agent the host's end of the agent's serial port
 * @param vsockDaemon the sockets of a vhost-user vsock daemon, which makes them itself
 */
record VmSockets(
        Path qmp,
        Path console,
        Path handover,
        Path extraMonitor,
        Path agent,
        VsockDaemonSockets vsockDaemon) {

    /** Names of the inherited descriptors. */
    static final String QMP = "qmp";

    static final String CONSOLE = "console";
    static final String HANDOVER = "handover";
    static final String EXTRA_MONITOR = "extra-monitor";
    static final String AGENT = "agent";

    static VmSockets in(Path runDirectory) {
        return new VmSockets(
                runDirectory.resolve("qmp.sock"),
                runDirectory.resolve("console.sock"),
                runDirectory.resolve("handover.sock"),
                runDirectory.resolve("extra-monitor.sock"),
                runDirectory.resolve("agent.sock"),
                VsockDaemonSockets.in(runDirectory));
    }

    /** Returns what QEMU inherits. */
    List<InheritedSocket> inherited(VmSpec spec) {
        List<InheritedSocket> sockets = new ArrayList<>();
        sockets.add(new InheritedSocket(QMP, qmp));
        sockets.add(new InheritedSocket(CONSOLE, console));
        if (spec.handsOver()) {
            sockets.add(new InheritedSocket(HANDOVER, handover));
        }
        if (spec.debug().monitor().isPresent()) {
            sockets.add(new InheritedSocket(EXTRA_MONITOR, extraMonitor));
        }
        if (spec.agentTransport() == AgentTransport.VIRTIO_SERIAL) {
            sockets.add(new InheritedSocket(AGENT, agent));
        }
        return sockets;
    }
}
