package io.saya.shim.metrics;

import io.saya.guest.StartClock;
import io.saya.resources.MachineSize;
import io.saya.sandbox.Sandbox;
import java.util.List;
import java.util.Locale;

/** Writes what the daemon itself knows of its sandbox. */
final class SandboxSamples {
    static final Metric SANDBOX_INFO =
            Metric.gauge(
                    "saya_sandbox_info",
                    "What runs the sandbox",
                    "version",
                    "agent_version",
                    "namespace",
                    "hypervisor");
    static final Metric SANDBOX_STATE =
            Metric.gauge("saya_sandbox_state", "Whether the sandbox is in this state", "state");
    static final Metric SANDBOX_START_TIME_SECONDS =
            Metric.gauge(
                    "saya_sandbox_start_time_seconds",
                    "When the start of the sandbox began, since 1970");
    static final Metric SANDBOX_CONTAINERS =
            Metric.gauge(
                    "saya_sandbox_containers",
                    "Containers that the sandbox has, in whatever state");
    static final Metric SANDBOX_VCPUS =
            Metric.gauge("saya_sandbox_vcpus", "Processors of the machine");
    static final Metric SANDBOX_MEMORY_BYTES =
            Metric.gauge("saya_sandbox_memory_bytes", "Memory of the machine");
    static final Metric SANDBOX_RESTORED =
            Metric.gauge(
                    "saya_sandbox_restored",
                    "Whether the guest was restored from a template (1) or booted (0)");
    static final Metric DAEMON_RESTARTS_TOTAL =
            Metric.counter(
                    "saya_daemon_restarts_total",
                    "Daemons of the sandbox that died and were followed by another one");
    static final Metric TEMPLATE_FAILED_RESTORES =
            Metric.gauge(
                    "saya_template_failed_restores",
                    "Templates that this sandbox could not start from, so that it booted");
    static final Metric START_PHASE_SECONDS =
            Metric.gauge("saya_start_phase_seconds", "How long a phase of the start took", "phase");
    static final Metric START_SECONDS =
            Metric.gauge(
                    "saya_start_seconds",
                    "How long the start took, until the first container was made");

    private static final List<String> STATES = List.of("booting", "running", "stopping", "stopped");
    private static final long NANOS_PER_MILLI = 1_000_000;

    private SandboxSamples() {}

    static void write(Sandbox sandbox, SandboxCounts counts, Exposition out) {
        String version = SandboxSamples.class.getPackage().getImplementationVersion();
        out.add(
                SANDBOX_INFO,
                1,
                version == null ? "" : version,
                sandbox.agentVersion().toString(),
                sandbox.identity().namespace(),
                "qemu");
        String state = sandbox.stateWord();
        for (String each : STATES) {
            out.add(SANDBOX_STATE, each.equals(state) ? 1 : 0, each);
        }
        StartClock clock = sandbox.clock();
        out.addNanos(SANDBOX_START_TIME_SECONDS, clock.startedAt() * NANOS_PER_MILLI);
        out.add(SANDBOX_CONTAINERS, sandbox.tasks().all().size());
        MachineSize size = sandbox.guest().machine().size();
        out.add(SANDBOX_VCPUS, size.vcpus());
        out.add(SANDBOX_MEMORY_BYTES, (long) size.memoryMib() << 20);
        out.add(SANDBOX_RESTORED, clock.origin().equals("restored") ? 1 : 0);
        out.add(DAEMON_RESTARTS_TOTAL, counts.restarts());
        out.add(TEMPLATE_FAILED_RESTORES, clock.failedRestores());
        long sum = 0;
        for (StartClock.Timed timed : clock.phases()) {
            sum += timed.millis();
            out.addNanos(
                    START_PHASE_SECONDS,
                    timed.millis() * NANOS_PER_MILLI,
                    timed.phase().word().toLowerCase(Locale.ROOT).replace(' ', '_'));
        }
        out.addNanos(START_SECONDS, sum * NANOS_PER_MILLI);
    }
}
