package io.saya.hypervisor;

import io.saya.host.Placement.TapKind;
import java.nio.file.Path;

/** A device of the guest. */
public sealed interface VmDevice {

    /**
     * A directory shared by virtio-fs: {@code socket} is where virtiofsd listens, {@code tag} what
     * the guest mounts.
     */
    record VirtioFs(String tag, Path socket, int queueSize, int cacheMib) implements VmDevice {}

    /**
     * A disk: a file or block device on the host.
     *
     * @param id unique in the VM
     * @param shared whether others may write to it meanwhile: who uses it sees to that
     */
    record Block(String id, Path path, boolean readOnly, boolean shared) implements VmDevice {

        /** A disk that is the VM's alone if it may write to it. */
        public Block(String id, Path path, boolean readOnly) {
            this(id, path, readOnly, false);
        }
    }

    /**
     * A network card on a tap interface of the VMM's network namespace.
     *
     * @param id unique in the VM
     * @param tap name of the interface
     * @param kind how it is opened
     * @param macAddress address of the card in the guest, {@code 02:00:00:00:00:01}
     * @param queues pairs of queues, at least 1
     * @param vhost whether the host's kernel moves the packets ({@code /dev/vhost-net})
     */
    record Network(
            String id, String tap, TapKind kind, String macAddress, int queues, boolean vhost)
            implements VmDevice {}

    /** By which the guest gives memory back to the host as it frees it. */
    record Balloon() implements VmDevice {}

    /**
     * A PCI device of the host that is bound to {@code vfio-pci}.
     *
     * @param id unique in the VM
     * @param address {@code 0000:01:00.0}
     */
    record HostPci(String id, String address) implements VmDevice {}
}
