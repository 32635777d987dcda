package io.saya.resources;

import io.saya.json.JsonArray;
import io.saya.json.JsonException;
import io.saya.json.JsonNumber;
import io.saya.json.JsonObject;

/**
 * What a container may use, or all containers of a pod in sum. Numbers that make no sense count as
 * none: they only size a machine here, and are refused where they are enforced.
 *
 * @param memoryBytes limit of memory and huge pages together; 0: no limit
 * @param microCpus processor time per time, in millionths of a CPU; 0: no limit, -1: no limit, and
 *     said so
 * @param shares its weight, where 1024 stand for one CPU that is asked for but is no limit; 0: not
 *     told
 * @param cpus the CPUs of the host it may use; empty: any
 * @param period in which the processor time counts, in microseconds; an update of the quota alone
 *     is of it
 */
public record Demand(long memoryBytes, long microCpus, long shares, CpuSet cpus, long period) {

    /** A demand without a limit of any kind. */
    public static final Demand UNLIMITED = new Demand(0, 0, 0, CpuSet.NONE);

    static final long MICROS = 1_000_000;
    static final long SHARES_PER_CPU = 1024;

    /** Far above what a machine can have, and so small that sums do not overflow. */
    private static final long MOST_BYTES = 1L << 50;

    private static final long MOST_CPUS = 1L << 16;

    /** The kernel's, in microseconds, for a quota that comes without one. */
    private static final long DEFAULT_PERIOD = 100_000;

    /** A demand by the kernel's period. */
    public Demand(long memoryBytes, long microCpus, long shares, CpuSet cpus) {
        this(memoryBytes, microCpus, shares, cpus, DEFAULT_PERIOD);
    }

    /**
     * Reads OCI's {@code linux.resources}, as a specification or an update has it.
     *
     * @throws JsonException for members of a wrong type
     */
    public static Demand of(JsonObject resources) {
        JsonObject cpu = resources.object("cpu").orElse(JsonObject.EMPTY);
        long memory = number(resources.object("memory").orElse(JsonObject.EMPTY), "limit");
        long hugePages = 0;
        // Container managers send a limit of 0 for each size of pages that the host has.
        for (JsonObject pages :
                resources.array("hugepageLimits").orElse(JsonArray.EMPTY).objects()) {
            hugePages = Math.min(MOST_BYTES, hugePages + bytes(number(pages, "limit")));
        }
        return new Demand(
                memory > 0 ? Math.min(MOST_BYTES, bytes(memory) + hugePages) : 0,
                microCpus(number(cpu, "quota"), number(cpu, "period")),
                shares(number(cpu, "shares")),
                CpuSet.parse(cpus(resources)),
                period(number(cpu, "period")));
    }

    /**
     * Its CPUs of the host, as the kernel writes them; of a file of cgroup v2 if not of its own.
     */
    static String cpus(JsonObject resources) {
        String own = resources.object("cpu").orElse(JsonObject.EMPTY).string("cpus").orElse("");
        return own.isEmpty()
                ? resources
                        .object("unified")
                        .orElse(JsonObject.EMPTY)
                        .string("cpuset.cpus")
                        .orElse("")
                : own;
    }

    /**
     * Returns this demand after an update, whose absent members change nothing.
     *
     * @throws JsonException for members of a wrong type
     */
    public Demand updated(JsonObject resources) {
        Demand told = of(resources);
        JsonObject cpu = resources.object("cpu").orElse(JsonObject.EMPTY);
        JsonObject memory = resources.object("memory").orElse(JsonObject.EMPTY);
        // Container managers write 0 for what they do not mean to change.
        long newPeriod = number(cpu, "period") == 0 ? period : told.period;
        return new Demand(
                number(memory, "limit") == 0 ? memoryBytes : told.memoryBytes,
                number(cpu, "quota") == 0
                        ? byPeriod(newPeriod)
                        : microCpus(number(cpu, "quota"), newPeriod),
                number(cpu, "shares") == 0 ? shares : told.shares,
                told.cpus.equals(CpuSet.NONE) ? cpus : told.cpus,
                newPeriod);
    }

    /** What the same quota is in another period. */
    private long byPeriod(long newPeriod) {
        return microCpus <= 0
                ? microCpus
                : microCpus(Math.round((double) microCpus * period / MICROS), newPeriod);
    }

    /** Makes a demand of the numbers that a container manager tells; see there for their units. */
    static Demand of(long memoryBytes, long quota, long period, long shares) {
        return new Demand(
                bytes(memoryBytes), microCpus(quota, period), shares(shares), CpuSet.NONE);
    }

    /** Returns a member as a number, as near as a long can come; 0 where it is absent. */
    static long number(JsonObject object, String name) {
        JsonNumber number = object.number(name).orElse(JsonNumber.of(0));
        try {
            return number.asLong();
        } catch (JsonException e) {
            return number.literal().startsWith("-") ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
    }

    private static long bytes(long limit) {
        return Math.clamp(limit, 0, MOST_BYTES);
    }

    private static long shares(long shares) {
        return Math.clamp(shares, 0, MOST_CPUS * SHARES_PER_CPU);
    }

    private static long period(long period) {
        return period > 0 ? period : DEFAULT_PERIOD;
    }

    private static long microCpus(long quota, long period) {
        if (quota <= 0) {
            return quota < 0 ? -1 : 0;
        }
        double cpus = (double) quota / period(period);
        return Math.max(1, Math.round(Math.min(cpus, MOST_CPUS) * MICROS));
    }
}
