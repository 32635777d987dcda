package io.saya.qemu;

import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmDevice;
import io.saya.hypervisor.VmSpec;
import io.saya.hypervisor.VmSpec.AgentTransport;
import io.saya.qemu.args.Accel;

/**
 * The guest kernel's command line. Words further back win, so the configuration's come last. What
 * the words are for and save: packaging/guest/README.md, where they are measured.
 */
final class KernelCommandLine {

    /** What follows from the machine, whatever the guest. */
    private static final String MACHINE =
            // A panic ends the VM at once (with -no-reboot) instead of leaving it there.
            " panic=-1 reboot=t"
                    + " rcupdate.rcu_expedited=1 cryptomgr.notests random.trust_cpu=on"
                    + " i8042.noaux i8042.nokbd 8250.nr_uarts=1 audit=0 net.ifnames=0";

    private KernelCommandLine() {}

    /**
     * Makes the whole command line.
     *
     * @param clock what the guest is told about its clock, {@link GuestClock}
     * @param image what is in the root image, if the guest has one
     */
    static String of(VmSpec spec, Accel accel, String clock, ImageLayout image)
            throws HypervisorFailure {
        StringBuilder words = new StringBuilder("console=ttyS0");
        words.append(spec.debug().verbose() ? " debug" : " quiet").append(MACHINE);
        if (accel instanceof Accel.Tcg) {
            words.append(" no_timer_check");
        }
        words.append(clock);
        words.append(" nr_cpus=").append(spec.cpu().maxVcpus());
        if (!passesThrough(spec)) {
            // Every device is virtio, which reaches all memory: no bounce buffers. The kernel sets
            // 64
            // MB aside for them as soon as there is, or could be, memory beyond 4 GiB.
            words.append(" swiotlb=noforce");
        }
        if (spec.agentTransport() == AgentTransport.HYBRID_VSOCK) {
            // The daemon's connections come from any port; its socket has permissions.
            words.append(" agent.vsock_peers=host");
        }
        // A root that is no tmpfs lets crun trust its own binary; see packaging/guest/README.md.
        words.append(
                spec.guest().image().isPresent()
                        ? RootWords.of(spec.guest().image().get(), image)
                        : " rootfstype=ramfs");
        for (String word : spec.guest().kernelParameters()) {
            words.append(' ').append(word);
        }
        return words.toString();
    }

    private static boolean passesThrough(VmSpec spec) {
        for (VmDevice device : spec.devices().atStart()) {
            if (device instanceof VmDevice.HostPci) {
                return true;
            }
        }
        return false;
    }
}
