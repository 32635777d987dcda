package io.saya.resources;

import io.saya.config.HypervisorConfig;
import io.saya.config.MemoryConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Makes the size of a machine of the demands of its containers.
 *
 * <p>A container with limits costs its limits, one without what a machine has by default; the guest
 * itself costs {@link #GUEST_MIB} and a part of the rest. So a pod whose containers all have limits
 * gets a machine that can hold no more than they may use: what its page cache takes stays within
 * what the pod's cgroup on the host allows. A static machine, which is never resized, is Kata's:
 * its defaults and all limits on top (runtime-core/kata.md#how-large-a-machine-is).
 *
 * @param fixed {@code static_sandbox_resource_mgmt}
 * @param defaultVcpus {@code default_vcpus}, greater than 0; may be a fraction
 * @param maxVcpus ceiling of virtual CPUs
 * @param defaultMib {@code default_memory}
 * @param maxMib ceiling of memory
 * @param overhead of a static machine of Kata's Rust runtime, which has its defaults only where
 *     nothing limits its containers; {@link Overhead#NONE}: it is one of the Go runtime's
 */
public record SizingRule(
        boolean fixed,
        double defaultVcpus,
        int maxVcpus,
        int defaultMib,
        int maxMib,
        Overhead overhead) {

    /**
     * What a static machine has beside what its containers may use.
     *
     * @param vcpus {@code overhead_vcpus}, may be a fraction
     * @param mib {@code overhead_memory}
     */
    public record Overhead(double vcpus, int mib) {

        /** Nothing is said of it. */
        public static final Overhead NONE = new Overhead(0, 0);
    }

    /** What kernel, initrd and agent of the default guest need besides any container. */
    public static final int GUEST_MIB = 128;

    /**
     * Of each so many bytes the kernel needs one to keep account of them: 64 for a page of 4096.
     */
    private static final int BYTES_PER_ACCOUNT = 64;

    private static final long MIB = 1 << 20;

    /** Makes the rule of the configuration. */
    public static SizingRule of(HypervisorConfig config, boolean fixed) {
        return new SizingRule(
                fixed,
                config.cpu().defaultVcpus(),
                config.cpu().maxVcpus(),
                config.memory().defaultMib(),
                config.memory().maxMib(),
                new Overhead(config.cpu().overheadVcpus(), config.memory().overheadMib()));
    }

    /**
     * Returns the size for containers that run at once.
     *
     * @param demands one for each container, or the sum of all; empty: nothing is known yet
     */
    public Sizing size(List<Demand> demands) {
        return size(demands, Set.of());
    }

    /**
     * Returns the size for containers of which some are not known yet.
     *
     * @param demands those that are known
     * @param unlimited what one of the others has no limit of
     */
    public Sizing size(List<Demand> demands, Set<Resource> unlimited) {
        List<String> clipped = new ArrayList<>();
        long vcpus = vcpus(demands, unlimited.contains(Resource.CPU));
        if (vcpus > maxVcpus) {
            clipped.add(
                    "the containers may use "
                            + vcpus
                            + " CPUs, the machine has "
                            + maxVcpus
                            + " (default_maxvcpus in [hypervisor.qemu], at most the host's)");
        }
        long mib = memoryMib(demands, unlimited.contains(Resource.MEMORY));
        if (mib > maxMib) {
            clipped.add(
                    "the containers and the guest may use "
                            + mib
                            + " MiB of memory, the machine has "
                            + maxMib
                            + " (default_maxmemory in [hypervisor.qemu], at most the host's)");
        }
        return new Sizing(
                new MachineSize(
                        Math.clamp(vcpus, 1, maxVcpus),
                        Math.clamp(mib, Math.min(MemoryConfig.MINIMUM_MIB, maxMib), maxMib)),
                clipped);
    }

    private long memoryMib(List<Demand> demands, boolean others) {
        long limits = 0;
        boolean unlimited = others || demands.isEmpty();
        for (Demand demand : demands) {
            limits += demand.memoryBytes();
            unlimited |= demand.memoryBytes() == 0;
        }
        long least = GUEST_MIB + Math.ceilDiv(limits + limits / (BYTES_PER_ACCOUNT - 1), MIB);
        // With a limit of CPUs alone Kata gives the overhead alone, which hardly boots.
        if (byOverhead(demands) && limits > 0) {
            return Math.max(least, overhead.mib + Math.ceilDiv(limits, MIB));
        }
        return fixed || unlimited ? defaultMib + Math.ceilDiv(limits, MIB) : least;
    }

    /** True if a static machine is one of Kata's Rust runtime, and something is limited. */
    private boolean byOverhead(List<Demand> demands) {
        return fixed
                && !overhead.equals(Overhead.NONE)
                && demands.stream()
                        .anyMatch(demand -> demand.memoryBytes() > 0 || demand.microCpus() > 0);
    }

    /** Adds fractions first and rounds up once. */
    private long vcpus(List<Demand> demands, boolean others) {
        long quotas = 0;
        long toldShares = 0;
        long freeShares = 0;
        boolean unlimited = others || demands.isEmpty();
        CpuSet cpus = CpuSet.NONE;
        for (Demand demand : demands) {
            quotas += Math.max(0, demand.microCpus());
            if (demand.microCpus() < 0) {
                toldShares += demand.shares();
            }
            if (demand.microCpus() <= 0) {
                unlimited = true;
                freeShares += demand.shares();
            }
            cpus = cpus.union(demand.cpus());
        }
        long byDefault = Math.round(defaultVcpus * Demand.MICROS);
        if (byOverhead(demands)) {
            return Math.ceilDiv(quotas + Math.round(overhead.vcpus * Demand.MICROS), Demand.MICROS);
        }
        if (fixed) {
            long asked = quotas > 0 ? quotas : ofShares(toldShares);
            return Math.ceilDiv(byDefault + asked, Demand.MICROS);
        }
        if (!unlimited) {
            return Math.ceilDiv(quotas, Demand.MICROS);
        }
        long free = Math.max(byDefault, freeShares * Demand.MICROS / Demand.SHARES_PER_CPU);
        long wanted = Math.ceilDiv(quotas + free, Demand.MICROS);
        return quotas > 0 ? wanted : Math.max(wanted, cpus.count());
    }

    /** Whole CPUs. */
    private static long ofShares(long shares) {
        return Math.ceilDiv(shares, Demand.SHARES_PER_CPU) * Demand.MICROS;
    }
}
