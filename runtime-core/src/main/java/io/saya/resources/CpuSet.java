package io.saya.resources;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * A set of CPUs, or of NUMA nodes, as the kernel writes it, {@code 0-3,8}. It also reads {@code
 * 0-15:2/4}, of each four the first two. Immutable.
 */
public final class CpuSet {

    /** No CPU; says of a container that it may use any. */
    public static final CpuSet NONE = new CpuSet(new BitSet());

    /** The kernel's word for a list of all that there are. */
    static final String ALL = "all";

    /** More CPUs than any host has. A list comes from outside and must not size our memory. */
    private static final int LIMIT = 8192;

    private final BitSet cpus;

    private CpuSet(BitSet cpus) {
        this.cpus = cpus;
    }

    /**
     * Reads a list; what is not one is the empty set, as in Kata (runtime-core/kata.md), and so is
     * {@link #ALL}. Regions end with commas or blanks, as many as there are, as for the kernel.
     */
    public static CpuSet parse(String list) {
        BitSet cpus = new BitSet();
        try {
            for (String region : list.split("[,\\s]", -1)) {
                if (!region.isEmpty() && !add(region, cpus)) {
                    return NONE;
                }
            }
        } catch (NumberFormatException e) {
            return NONE;
        }
        return new CpuSet(cpus);
    }

    /** Adds one CPU, a range, or a range with a pattern; false for numbers without sense. */
    private static boolean add(String region, BitSet cpus) {
        int colon = region.indexOf(':');
        String range = colon < 0 ? region : region.substring(0, colon);
        int dash = range.indexOf('-');
        int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
        int last = dash < 0 ? first : Integer.parseInt(range.substring(dash + 1));
        if (first < 0 || last < first || last >= LIMIT) {
            return false;
        }
        int used = 1;
        int group = 1;
        if (colon >= 0) {
            int slash = region.indexOf('/', colon);
            if (dash < 0 || slash < 0) {
                return false;
            }
            used = Integer.parseInt(region.substring(colon + 1, slash));
            group = Integer.parseInt(region.substring(slash + 1));
        }
        if (used < 1 || used > group) {
            return false;
        }
        for (int cpu = first; cpu <= last; cpu++) {
            if ((cpu - first) % group < used) {
                cpus.set(cpu);
            }
        }
        return true;
    }

    /** Returns the CPUs that are in either set. */
    public CpuSet union(CpuSet other) {
        BitSet both = (BitSet) cpus.clone();
        both.or(other.cpus);
        return new CpuSet(both);
    }

    boolean contains(int cpu) {
        return cpus.get(cpu);
    }

    /** The CPUs from 0 on, so many. */
    static CpuSet first(int count) {
        BitSet cpus = new BitSet();
        cpus.set(0, count);
        return new CpuSet(cpus);
    }

    /** Their numbers, in order. */
    public int[] numbers() {
        int[] numbers = new int[cpus.cardinality()];
        int cpu = -1;
        for (int i = 0; i < numbers.length; i++) {
            cpu = cpus.nextSetBit(cpu + 1);
            numbers[i] = cpu;
        }
        return numbers;
    }

    /** Returns the CPUs whose numbers are set in {@code numbers}. */
    static CpuSet of(BitSet numbers) {
        return new CpuSet((BitSet) numbers.clone());
    }

    /** The number of CPUs in the set. */
    public int count() {
        return cpus.cardinality();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof CpuSet set && cpus.equals(set.cpus);
    }

    @Override
    public int hashCode() {
        return cpus.hashCode();
    }

    /** As the kernel writes it. */
    @Override
    public String toString() {
        StringBuilder list = new StringBuilder();
        for (int first = cpus.nextSetBit(0); first >= 0; ) {
            int end = cpus.nextClearBit(first);
            list.append(list.isEmpty() ? "" : ",").append(first);
            if (end - first > 1) {
                list.append('-').append(end - 1);
            }
            first = cpus.nextSetBit(end);
        }
        return list.toString();
    }
}
