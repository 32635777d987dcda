package io.saya.resources;

import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.Vm;
import io.saya.log.Log;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Binds the threads of the virtual CPUs to CPUs of the host, each to the one that it stands for
 * ({@link GuestCpus}), where there are as many virtual CPUs as CPUs in the sets of the containers;
 * else none is bound: Kata's rule of {@code enable_vcpus_pinning}. What cannot be bound is a
 * warning. {@link #apply} is for one thread at a time.
 */
public final class VcpuPinning {
    private static final Log LOG = Log.of("resources");

    /** Of machines whose threads are left alone. */
    public static final VcpuPinning OFF = new VcpuPinning(false, (_, _) -> {}, "");

    /** Binds threads of the host. */
    public interface Binder {

        /**
         * Lets a thread run on these CPUs only.
         *
         * @param thread its id on the host
         * @param cpus as the kernel writes them
         * @throws IOException that says what the kernel, or who asks it, objects to
         */
        void bind(long thread, String cpus) throws IOException;
    }

    private final boolean enabled;
    private final Binder binder;
    private final String allCpus;

    /** Of each virtual CPU, the host's that it is bound to; empty: none is bound. */
    private volatile List<Integer> pinned = List.of();

    private VcpuPinning(boolean enabled, Binder binder, String allCpus) {
        this.enabled = enabled;
        this.binder = binder;
        this.allCpus = allCpus;
    }

    /**
     * Of a machine whose threads are to be bound.
     *
     * @param allCpus of the host, as the kernel writes them
     */
    public static VcpuPinning by(Binder binder, String allCpus) {
        return new VcpuPinning(true, binder, allCpus);
    }

    /**
     * Returns the CPUs of the host that the virtual ones are to be bound to, by their numbers.
     *
     * @param named all CPUs of the host that containers are bound to
     * @return empty: none is to be bound
     */
    List<Integer> wanted(GuestCpus cpus, CpuSet named, int vcpus) {
        return enabled && named.count() == vcpus && cpus.hosts().size() == vcpus
                ? cpus.hosts()
                : List.of();
    }

    /** True if something is to be bound, or to be bound no more. */
    boolean due(List<Integer> wanted) {
        return !wanted.equals(pinned);
    }

    /** Binds, or frees, the threads of a machine's virtual CPUs. */
    void apply(Vm vm, List<Integer> wanted) {
        if (!due(wanted)) {
            return;
        }
        // Also where it fails: it is not tried again before something changes.
        List<Integer> before = pinned;
        pinned = wanted;
        try {
            List<Long> threads = new ArrayList<>(vm.cpuThreads());
            if (!wanted.isEmpty() && threads.stream().distinct().count() != wanted.size()) {
                throw new IOException(
                        "QEMU has "
                                + threads.stream().distinct().count()
                                + " threads for "
                                + wanted.size()
                                + " virtual CPUs");
            }
            for (int cpu = 0; cpu < threads.size(); cpu++) {
                binder.bind(threads.get(cpu), wanted.isEmpty() ? allCpus : wanted.get(cpu) + "");
            }
            LOG.info("virtual CPUs are bound to CPUs of the host", "cpus", wanted, "were", before);
        } catch (IOException | HypervisorFailure e) {
            LOG.warn(
                    "virtual CPUs are not bound to CPUs of the host, as enable_vcpus_pinning in"
                            + " [runtime] of the configuration wants it",
                    "cpus",
                    wanted,
                    "error",
                    e);
        }
    }
}
