package io.saya.network;

import io.saya.hypervisor.VmDevice;
import java.io.IOException;
import java.nio.file.Path;

/**
 * An interface of the pod that is a PCI device and is given to the guest as it is, by VFIO. Its
 * life: noted in the record, {@link #prepare}, the VMM opens it, {@link #undo}. While it is away
 * the host has no such interface; given back, it is in the host's network namespace, under the name
 * that its driver and udev give it, as everywhere with VFIO.
 *
 * @param driver that it had
 */
record PassedThrough(Link link, PciDevice device, String driver) {
    private static final Path PCI = Path.of("/sys/bus/pci");

    /**
     * Looks whether it can be given away; changes nothing.
     *
     * @throws IOException that names what is missing
     */
    static PassedThrough of(Link link) throws IOException {
        return of(link, PCI);
    }

    static PassedThrough of(Link link, Path bus) throws IOException {
        PciDevice device = new PciDevice(bus, link.hardware().device());
        String name = "interface " + link.name() + ", the PCI device " + link.hardware().device();
        if (!device.vfioIsLoaded()) {
            throw new IOException(
                    name
                            + ": the host has no driver vfio-pci (expected: its module is loaded;"
                            + " modprobe vfio-pci)");
        }
        if (device.group().isEmpty()) {
            throw new IOException(
                    name
                            + ": it is in no IOMMU group (expected: an IOMMU that is on, such as by"
                            + " intel_iommu=on on the command line of the host's kernel)");
        }
        for (PciDevice other : device.othersInUse()) {
            throw new IOException(
                    name
                            + ": its IOMMU group "
                            + device.group()
                            + " has "
                            + other.address()
                            + " too, which the host uses by its driver "
                            + other.driver()
                            + " (expected: no other device in the group, or all without a driver or"
                            + " with vfio-pci)");
        }
        return new PassedThrough(link, device, device.driver());
    }

    /** The guest's side. */
    VmDevice.HostPci card() {
        return new VmDevice.HostPci("pci-" + link.index(), device.address());
    }

    /** Adds to the record what undoes the passing through. */
    void note(NetworkRecord record) {
        record.pci().add(new NetworkRecord.Pci(device.address(), driver));
    }

    /** Takes the device from the host. */
    void prepare() throws IOException {
        device.handOut();
    }

    /** Gives the device back. The VMM must have ended: the kernel waits for it. */
    void undo() throws IOException {
        device.giveBack(driver);
    }
}
