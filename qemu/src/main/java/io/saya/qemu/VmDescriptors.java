package io.saya.qemu;

import io.saya.host.Placement;
import io.saya.host.Placement.InheritedFile;
import io.saya.host.Placement.InheritedTap;
import io.saya.hypervisor.VmDevice;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.AgentTransport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Devices of the host that are opened for QEMU, which need not have the right to do it itself. */
final class VmDescriptors {
    static final String VHOST_VSOCK = "vhost-vsock";

    private VmDescriptors() {}

    /** The name of a network card's tap. */
    static String tap(VmDevice.Network network) {
        return "tap-" + network.id();
    }

    /** The name of a network card's {@code /dev/vhost-net}; empty if it is not wanted. */
    static Optional<String> vhostNet(VmDevice.Network network) {
        return network.vhost() ? Optional.of("vhost-" + network.id()) : Optional.empty();
    }

    /** What QEMU inherits beyond its sockets. */
    static Placement placement(VmSpec spec) {
        List<InheritedFile> files = new ArrayList<>();
        List<InheritedTap> taps = new ArrayList<>();
        if (spec.agentTransport() == AgentTransport.VSOCK) {
            files.add(new InheritedFile(VHOST_VSOCK, Path.of("/dev/vhost-vsock")));
        }
        for (VmDevice device : spec.devices()) {
            if (device instanceof VmDevice.Network network) {
                taps.add(new InheritedTap(tap(network), network.tap()));
                Optional<String> vhost = vhostNet(network);
                if (vhost.isPresent()) {
                    files.add(new InheritedFile(vhost.get(), Path.of("/dev/vhost-net")));
                }
            }
        }
        return new Placement(files, taps, List.of(), Optional.empty(), OptionalInt.empty());
    }
}
