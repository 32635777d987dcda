package io.saya.qemu;

import io.saya.hypervisor.VmSpec;

/**
 * The guest kernel's command line. Words further back win, so the configuration's words come last.
 * What each word saves is measured in README.md.
 */
final class KernelCommandLine {

    /** What follows from the machine, whatever the guest. */
    private static final String MACHINE =
            "console=ttyS0 quiet"
                    // A panic ends the VM at once (with -no-reboot) instead of leaving it there.
                    + " panic=-1 reboot=k"
                    + " no_timer_check noreplace-smp"
                    + " pci=lastbus=0 i8042.noaux=1 i8042.nokbd=1 8250.nr_uarts=1"
                    + " cryptomgr.notests rcupdate.rcu_expedited=1 net.ifnames=0";

    private KernelCommandLine() {}

    /**
     * The command line of a guest.
     *
     * @param clock what the guest is told about its clock, {@link GuestClock}
     */
    static String of(VmSpec spec, String clock) {
        StringBuilder words = new StringBuilder(MACHINE);
        words.append(clock);
        words.append(" nr_cpus=").append(spec.maxVcpus());
        if (spec.initrd().isPresent()) {
            // On tmpfs, the kernel's choice, crun copies itself before each run (packaging/guest).
            words.append(" rootfstype=ramfs");
        }
        if (spec.image().isPresent()) {
            words.append(" root=/dev/vda1 ro");
        }
        for (String word : spec.kernelParameters()) {
            words.append(' ').append(word);
        }
        return words.toString();
    }
}
