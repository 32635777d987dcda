package io.saya.qemu.root;

import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmDevice;
import io.saya.hypervisor.VmSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What QEMU opens by its name, and so has to find in its root: no more than that is shown to it.
 */
public final class ConfinedRoot {
    private static final Path KVM = Path.of("/dev/kvm");
    private static final Path PCI_DEVICES = Path.of("/sys/bus/pci/devices");

    private ConfinedRoot() {}

    /**
     * Returns the files that are shown to the VMM of a sandbox.
     *
     * @param kvm whether the guest runs under KVM
     */
    public static List<Path> of(VmSpec spec, boolean kvm) throws HypervisorFailure {
        List<Path> shown = new ArrayList<>(of(spec.vmm().binary(), kvm));
        shown.add(spec.guest().kernel());
        spec.guest().initrd().ifPresent(shown::add);
        spec.guest()
                .image()
                .filter(image -> image.device() != VmSpec.ImageDevice.DISK)
                .ifPresent(image -> shown.add(image.path()));
        for (VmDevice device : spec.devices().atStart()) {
            if (device instanceof VmDevice.HostPci pci) {
                shown.addAll(vfio(pci));
            }
        }
        return shown;
    }

    /**
     * Returns the files that a VMM needs for itself: its program with what belongs to that, and the
     * accelerator.
     */
    public static List<Path> of(Path vmm, boolean kvm) {
        List<Path> shown = new ArrayList<>();
        shown.add(installation(vmm));
        if (kvm) {
            shown.add(KVM);
        }
        return shown;
    }

    /**
     * {@code /opt/kata} for {@code /opt/kata/bin/qemu-system-x86_64}, whose libraries and firmware
     * are beside {@code bin}; else the program alone. What the host has below {@code /usr} is in
     * every such root.
     */
    private static Path installation(Path vmm) {
        Path directory = vmm.getParent();
        Path above = directory == null ? null : directory.getParent();
        return directory != null
                        && above != null
                        && directory.endsWith("bin")
                        && above.getNameCount() > 0
                ? above
                : vmm;
    }

    /** QEMU finds a device and its group by sysfs, and takes no descriptor before version 9. */
    private static List<Path> vfio(VmDevice.HostPci pci) throws HypervisorFailure {
        try {
            Path group = PCI_DEVICES.resolve(pci.address()).resolve("iommu_group").toRealPath();
            String number = Optional.ofNullable(group.getFileName()).map(Path::toString).orElse("");
            return List.of(
                    Path.of("/sys"), Path.of("/dev/vfio/vfio"), Path.of("/dev/vfio", number));
        } catch (IOException e) {
            throw new HypervisorFailure(
                    "PCI device " + pci.address() + " has no IOMMU group: " + e.getMessage(), e);
        }
    }
}
