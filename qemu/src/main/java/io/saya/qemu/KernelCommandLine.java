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
                    + " tsc=reliable no_timer_check noreplace-smp"
                    + " pci=lastbus=0 i8042.noaux=1 i8042.nokbd=1 8250.nr_uarts=1"
                    + " cryptomgr.notests rcupdate.rcu_expedited=1 net.ifnames=0";

    private KernelCommandLine() {}

    static String of(VmSpec spec) {
        StringBuilder words = new StringBuilder(MACHINE);
        words.append(" nr_cpus=").append(spec.maxVcpus());
        if (spec.image().isPresent()) {
            words.append(" root=/dev/vda1 ro");
        }
        for (String word : spec.kernelParameters()) {
            words.append(' ').append(word);
        }
        return words.toString();
    }
}
