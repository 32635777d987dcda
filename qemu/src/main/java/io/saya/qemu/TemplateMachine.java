package io.saya.qemu;

import io.saya.host.SpawnSpec;
import io.saya.hypervisor.VmDevice;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.AgentTransport;
import io.saya.hypervisor.VmSpec.MemoryBacking;
import java.util.List;
import java.util.Optional;

/**
 * The machine of a template, and of a guest that goes on from it until its devices are plugged in:
 * that of a specification with places instead of what belongs to one sandbox, the share and the
 * network cards.
 */
final class TemplateMachine {

    /** Places for network cards, each of which costs the boot of the template some 10 ms. */
    private static final int CARDS = 4;

    private TemplateMachine() {}

    /** Why the VM of a specification cannot start from a template; empty if it can. */
    static Optional<String> obstacle(VmSpec spec) {
        if (spec.agentTransport() != AgentTransport.VIRTIO_SERIAL) {
            return Optional.of(
                    "its agent is not reached by a serial port, and vsock cannot be saved");
        }
        if (spec.guest().initrd().isEmpty()) {
            return Optional.of("it boots an image and no initrd");
        }
        if (spec.memory().backing() != MemoryBacking.ON_TOUCH || !spec.memory().nodes().isEmpty()) {
            return Optional.of("its memory is taken before it starts");
        }
        if (!spec.vmm().extraArguments().isEmpty()) {
            return Optional.of("arguments are added to QEMU's");
        }
        int cards = 0;
        for (VmDevice device : spec.devices().atStart()) {
            switch (device) {
                case VmDevice.Network _ -> cards++;
                case VmDevice.HostPci _ -> {
                    return Optional.of("it has a device of the host");
                }
                case VmDevice.Block _ -> {
                    return Optional.of("it has a disk");
                }
                case VmDevice.VirtioFs fs -> {
                    if (fs.cacheMib() > 0) {
                        return Optional.of("its share has a DAX window");
                    }
                }
                case VmDevice.Balloon() -> {}
            }
        }
        return cards > CARDS
                ? Optional.of("it has more than " + CARDS + " network cards")
                : Optional.empty();
    }

    /** The machine, in a process of the sandbox's own. */
    static VmSpec of(VmSpec spec) {
        return in(spec, spec.vmm());
    }

    /** The machine in another process. */
    static VmSpec of(VmSpec spec, VmSpec.Vmm vmm) {
        // What a monitor or a dump needs is the process's own, no part of the machine.
        return in(
                spec,
                vmm.with(
                        new VmSpec.Debug(
                                spec.debug().verbose(), Optional.empty(), Optional.empty())));
    }

    private static VmSpec in(VmSpec spec, VmSpec.Vmm vmm) {
        List<VmDevice> common =
                spec.devices().atStart().stream()
                        .filter(VmDevice.Balloon.class::isInstance)
                        .toList();
        return new VmSpec(
                vmm,
                spec.guest(),
                spec.machine(),
                spec.cpu(),
                spec.memory(),
                spec.agentTransport(),
                new VmSpec.Devices(common, CARDS, spec.devices().disks(), true));
    }

    /** The same whatever the sandbox is called and wherever it is. */
    static VmSpec anonymous(VmSpec spec) {
        VmSpec.Vmm vmm = spec.vmm();
        return of(
                spec,
                new VmSpec.Vmm(
                        "template",
                        vmm.runDirectory(),
                        vmm.binary(),
                        Optional.of(SpawnSpec.NEW_NETWORK_NAMESPACE),
                        vmm.seccompSandbox(),
                        List.of()));
    }
}
