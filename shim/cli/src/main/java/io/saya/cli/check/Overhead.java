package io.saya.cli.check;

import io.saya.config.RuntimeConfig;
import io.saya.resources.SizingRule;

/**
 * What a pod's machine takes beside what its containers may use: the overhead of a RuntimeClass.
 * Kubernetes adds it to the limit of the pod's cgroup, in which QEMU and virtiofsd are; the machine
 * is no larger than limits and {@link SizingRule#GUEST_MIB}. Measured with pods that write 600 MB
 * with limits of 128 to 512 MiB.
 *
 * @param memoryMib fixed, for any pod
 * @param cpuMillis likewise
 */
record Overhead(int memoryMib, int cpuMillis) {

    /**
     * What the guest's kernel keeps about its memory, one byte for so many; as much as a machine of
     * the default size has. A pod with larger limits takes this part of what is above.
     */
    private static final int BYTES_PER_ACCOUNT = 64;

    /** QEMU's own memory: with KVM, and with the code that TCG has translated. */
    private static final int QEMU_MIB = 32;

    private static final int QEMU_TCG_MIB = 96;

    private static final int VIRTIOFSD_MIB = 16;

    /** What is added where the runtime's own processes are in the pod's cgroup as well. */
    private static final int DAEMON_MIB = 48;

    /** What differs from pod to pod: buffers, page tables, sockets. */
    private static final int MARGIN_MIB = 32;

    private static final int CPU_MILLIS = 250;

    /** Computes the overhead of pods with this configuration. */
    static Overhead of(RuntimeConfig config, boolean kvm) {
        int memory =
                SizingRule.GUEST_MIB
                        + config.hypervisor().memory().defaultMib() / BYTES_PER_ACCOUNT
                        + (kvm ? QEMU_MIB : QEMU_TCG_MIB)
                        + VIRTIOFSD_MIB
                        + (config.runtime().sandboxCgroupOnly() ? DAEMON_MIB : 0)
                        + MARGIN_MIB;
        return new Overhead(memory, CPU_MILLIS);
    }

    /**
     * Raised to what was measured, where that is more. Mostly it is less: what is computed is for
     * pods at work, whose code QEMU translates and whose files virtiofsd reads.
     *
     * @param all whether the runtime's own processes are in the pod's cgroup
     */
    Overhead atLeast(MeasuredOverhead measured, boolean all) {
        return new Overhead(
                Math.max(memoryMib, Math.toIntExact(measured.podMib(all)) + MARGIN_MIB),
                Math.max(cpuMillis, 2 * Math.toIntExact(measured.idleMillis())));
    }

    /** A RuntimeClass of Kubernetes that declares it. */
    String runtimeClass() {
        return """
               apiVersion: node.k8s.io/v1
               kind: RuntimeClass
               metadata:
                 name: saya
               handler: saya
               overhead:
                 podFixed:
                   memory: "%dMi"
                   cpu: "%dm"
               """
                .formatted(memoryMib, cpuMillis);
    }
}
