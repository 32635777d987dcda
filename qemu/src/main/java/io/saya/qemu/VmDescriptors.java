package io.saya.qemu;

import io.saya.host.Placement;
import io.saya.host.Placement.Access;
import io.saya.host.Placement.InheritedConnection;
import io.saya.host.Placement.InheritedFile;
import io.saya.host.Placement.InheritedTap;
import io.saya.hypervisor.VmDevice;
import io.saya.hypervisor.VmSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Devices of the host that are opened for QEMU, which need not have the right to do it itself. */
final class VmDescriptors {
    static final String VHOST_VSOCK = "vhost-vsock";

    /** The name of the connection to a vhost-user vsock daemon. */
    static final String VSOCK_DAEMON = "vsock-daemon";

    /** The name of what feeds the guest's RNG, where QEMU may not open it itself. */
    static final String ENTROPY = "entropy";

    /** The id of the disk, or of the memory, that is the guest's root image. */
    static final String IMAGE = "image";

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

    /** The name of the connection to a shared directory's daemon. */
    static String share(VmDevice.VirtioFs fs) {
        return "share-" + fs.tag();
    }

    /** The name of a disk's file. */
    static String disk(String id) {
        return "disk-" + id;
    }

    /**
     * Returns what QEMU inherits beyond its sockets.
     *
     * @param confined without descriptors
     */
    static Placement placement(VmSpec spec, VmSockets sockets, Placement confined) {
        List<InheritedFile> files = new ArrayList<>();
        List<InheritedConnection> connections = new ArrayList<>();
        List<InheritedTap> taps = new ArrayList<>();
        switch (spec.agentTransport()) {
            case HYBRID_VSOCK ->
                    connections.add(
                            new InheritedConnection(VSOCK_DAEMON, sockets.vsockDaemon().vmm()));
            case VSOCK, VIRTIO_SERIAL -> {}
        }
        spec.guest()
                .image()
                .filter(image -> image.device() == VmSpec.ImageDevice.DISK)
                .ifPresent(image -> files.add(file(IMAGE, image.path(), true)));
        if (!spec.machine().entropySource().equals(VmSpec.Machine.URANDOM)) {
            files.add(new InheritedFile(ENTROPY, spec.machine().entropySource(), Access.READ_ONLY));
        }
        for (VmDevice device : spec.devices().atStart()) {
            switch (device) {
                case VmDevice.VirtioFs fs ->
                        connections.add(new InheritedConnection(share(fs), fs.socket()));
                case VmDevice.Block(String id, Path path, boolean readOnly, var _) ->
                        files.add(file(id, path, readOnly));
                case VmDevice.Network network -> {
                    taps.addAll(inheritedTaps(network));
                    files.addAll(inheritedVhostNets(network));
                }
                case VmDevice.Balloon() -> {}
                case VmDevice.HostPci _ -> {}
            }
        }
        return confined.with(files, connections, taps);
    }

    /** A card's tap, a descriptor for each queue. */
    static List<InheritedTap> inheritedTaps(VmDevice.Network network) {
        List<InheritedTap> taps = new ArrayList<>();
        for (String name : taps(network)) {
            taps.add(new InheritedTap(name, network.tap(), network.kind()));
        }
        return taps;
    }

    /** A card's {@code /dev/vhost-net}, a descriptor for each queue, if it is wanted. */
    static List<InheritedFile> inheritedVhostNets(VmDevice.Network network) {
        List<InheritedFile> files = new ArrayList<>();
        for (String name : vhostNets(network)) {
            files.add(new InheritedFile(name, Path.of("/dev/vhost-net")));
        }
        return files;
    }

    private static InheritedFile file(String id, Path path, boolean readOnly) {
        return new InheritedFile(disk(id), path, readOnly ? Access.READ_ONLY : Access.READ_WRITE);
    }
}
