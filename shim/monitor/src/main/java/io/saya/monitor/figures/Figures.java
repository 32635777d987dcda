package io.saya.monitor.figures;

import io.saya.monitor.node.SandboxRuntime;
import io.saya.monitor.text.Exposition;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What people look at, of one answer. Numbers are not a number where the sandbox does not tell.
 *
 * @param state {@code running}, ...; {@code running} for Kata, which does not tell
 * @param startTime seconds since 1970
 * @param host what it costs the host
 * @param containers how many it has
 * @param guestAnswered whether its agent answered this time; 1, 0, or not a number
 * @param phases seconds of each phase of its start
 * @param exits ends so far by cause
 */
public record Figures(
        String state,
        double startTime,
        HostCost host,
        double containers,
        double guestAnswered,
        Map<String, Double> phases,
        Map<String, Double> exits) {
    /**
     * What a sandbox costs the host.
     *
     * @param memory bytes that it holds
     * @param overheadMemory bytes of these that are not its containers'
     * @param cpuSeconds processor time, ever
     */
    public record HostCost(double memory, double overheadMemory, double cpuSeconds) {}

    /** USER_HZ, which is 100 on every architecture that Kata and Saya run on. */
    private static final double TICKS_PER_SECOND = 100;

    private static final int MAX_PHASES = 16;
    private static final int MAX_WORD = 64;

    /** Reads them from an answer. */
    static Figures of(SandboxRuntime runtime, Exposition exposition) {
        return switch (runtime) {
            case SAYA -> ofSaya(exposition);
            case KATA -> ofKata(exposition);
        };
    }

    private static Figures ofSaya(Exposition answer) {
        String state = "unknown";
        for (var one : answer.byLabel("saya_sandbox_state", "state").entrySet()) {
            state = one.getValue() == 1 ? bounded(one.getKey()) : state;
        }
        return new Figures(
                state,
                number(answer, "saya_sandbox_start_time_seconds"),
                new HostCost(
                        number(answer, "saya_pod_host_memory_bytes"),
                        number(answer, "saya_pod_overhead_memory_bytes"),
                        number(answer, "saya_pod_host_cpu_seconds_total")),
                number(answer, "saya_sandbox_containers"),
                number(answer, "saya_guest_answered"),
                bounded(answer.byLabel("saya_start_phase_seconds", "phase")),
                bounded(answer.byLabel("saya_exits_total", "cause")));
    }

    private static Figures ofKata(Exposition answer) {
        double memory = 0;
        double ticks = 0;
        for (String process : new String[] {"shim", "hypervisor", "virtiofsd"}) {
            String name = "kata_" + process;
            memory += item(answer, name + "_proc_status", "vmrss");
            ticks += item(answer, name + "_proc_stat", "utime");
            ticks += item(answer, name + "_proc_stat", "stime");
        }
        return new Figures(
                "running",
                Double.NaN,
                new HostCost(
                        memory,
                        number(answer, "kata_shim_pod_overhead_memory_in_bytes"),
                        ticks / TICKS_PER_SECOND),
                Double.NaN,
                Double.NaN,
                Map.of(),
                Map.of());
    }

    private static double number(Exposition answer, String name) {
        return answer.value(name, Map.of()).orElse(Double.NaN);
    }

    private static double item(Exposition answer, String name, String item) {
        OptionalDouble value = answer.value(name, Map.of("item", item));
        return value.orElse(0);
    }

    private static Map<String, Double> bounded(Map<String, Double> values) {
        Map<String, Double> few = new LinkedHashMap<>();
        for (Map.Entry<String, Double> value : values.entrySet()) {
            if (few.size() < MAX_PHASES) {
                few.put(bounded(value.getKey()), value.getValue());
            }
        }
        return few;
    }

    private static String bounded(String word) {
        return word.length() > MAX_WORD ? word.substring(0, MAX_WORD) : word;
    }
}
