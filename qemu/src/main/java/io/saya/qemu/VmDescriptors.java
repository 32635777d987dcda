package io.saya.qemu;

import io.saya.host.Placement.InheritedFile;
import io.saya.host.Placement.InheritedTap;
import io.saya.host.Placement;
import io.saya.hypervisor.VmDevice;
import io.saya.hypervisor.VmSpec.AgentTransport;
import io.saya.hypervisor.VmSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Devices of the host that are opened for QEMU, which need not have the right to do it itself. */
final class VmDescriptors {
    static final String VHOST_VSOCK = "vhost-vsock";

    private VmDescriptors() {}

    /** The names of a network card's tap, one for each queue. */
    static List<String> taps(VmDevice.Network network) {
        return names("tap-" + network.id() + "-", network.queues());
    }

    /**
     * The names of a network card's {@code /dev/vhost-net}, one for each queue, if it is wanted.
     */
    static List<String> vhostNets(VmDevice.Network network) {
        return names("vhost-" + network.id() + "-", network.vhost() ? network.queues() : 0);
    }

    private static List<String> names(String prefix, int count) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add(prefix + i);
        }
        return names;
    }

    /** What QEMU inherits beyond its sockets. */
    static Placement placement(VmSpec spec) {
        List<InheritedFile> files = new ArrayList<>();
        List<InheritedTap> taps = new ArrayList<>();
        if (spec.agentTransport() == AgentTransport.VSOCK) {
            files.add(new InheritedFile(VHOST_VSOCK, Path.of("/dev/vhost-vsock")));
        }
        for (VmDevice device : spec.devices().atStart()) {
            if (device instanceof VmDevice.Network network) {
                for (String name : taps(network)) {
                    taps.add(new InheritedTap(name, network.tap(), network.kind()));
                }
                for (String name : vhostNets(network)) {
                    files.add(new InheritedFile(name, Path.of("/dev/vhost-net")));
                }
            }
        }
        return new Placement(files, taps, Optional.empty(), OptionalInt.empty());
    }
}
