package io.saya.shim.metrics;

import java.util.Locale;

/** Writes what was counted of calls, ends and kills. */
final class CallSamples {
    static final Metric KILL_TO_STOPPED_SECONDS =
            Metric.histogram(
                    "saya_kill_to_stopped_seconds",
                    "From SIGKILL until the exit was public",
                    "target");
    static final Metric EXITS_TOTAL =
            Metric.counter(
                    "saya_exits_total", "Ends of processes that became public", "target", "cause");
    static final Metric TASK_CALL_DURATION_SECONDS =
            Metric.histogram(
                    "saya_task_call_duration_seconds",
                    "Calls of containerd's task service",
                    "action",
                    "outcome");
    static final Metric TASK_CALL_ERRORS_TOTAL =
            Metric.counter(
                    "saya_task_call_errors_total",
                    "Calls of containerd's task service that failed",
                    "action",
                    "code");
    static final Metric AGENT_CALL_DURATION_SECONDS =
            Metric.histogram(
                    "saya_agent_call_duration_seconds",
                    "Calls to the guest's agent",
                    "action",
                    "outcome");
    static final Metric AGENT_CALL_ERRORS_TOTAL =
            Metric.counter(
                    "saya_agent_call_errors_total",
                    "Calls to the guest's agent that failed",
                    "action",
                    "code");
    static final Metric KATA_SHIM_RPC_DURATIONS_HISTOGRAM_MILLISECONDS =
            Metric.histogram(
                    "kata_shim_rpc_durations_histogram_milliseconds",
                    "RPC latency distributions of the task service",
                    "action");
    static final Metric KATA_SHIM_AGENT_RPC_DURATIONS_HISTOGRAM_MILLISECONDS =
            Metric.histogram(
                    "kata_shim_agent_rpc_durations_histogram_milliseconds",
                    "RPC latency distributions of calls to the agent",
                    "action");

    private static final String OK = "ok";
    private static final String ERROR = "error";

    /** ttrpc's codes by their numbers, as the label {@code code} says them. */
    private static final String[] CODES = {
        "ok",
        "canceled",
        "unknown",
        "invalid_argument",
        "deadline_exceeded",
        "not_found",
        "already_exists",
        "permission_denied",
        "resource_exhausted",
        "failed_precondition",
        "aborted",
        "out_of_range",
        "unimplemented",
        "internal",
        "unavailable",
        "data_loss",
        "unauthenticated"
    };

    private CallSamples() {}

    static void write(SandboxCounts counts, Exposition out) {
        counts.taskCalls()
                .methods()
                .forEach(
                        (method, calls) -> {
                            String action = kataWord(method);
                            write(
                                    out,
                                    TASK_CALL_DURATION_SECONDS,
                                    TASK_CALL_ERRORS_TOTAL,
                                    action,
                                    calls);
                            out.addMillis(
                                    KATA_SHIM_RPC_DURATIONS_HISTOGRAM_MILLISECONDS,
                                    calls.succeeded.read().plus(calls.failed.read()),
                                    action);
                        });
        counts.agentCalls()
                .methods()
                .forEach(
                        (method, calls) -> {
                            write(
                                    out,
                                    AGENT_CALL_DURATION_SECONDS,
                                    AGENT_CALL_ERRORS_TOTAL,
                                    method,
                                    calls);
                            out.addMillis(
                                    KATA_SHIM_AGENT_RPC_DURATIONS_HISTOGRAM_MILLISECONDS,
                                    calls.succeeded.read().plus(calls.failed.read()),
                                    "grpc." + method + "Request");
                        });
        ends(counts.ends(), out);
    }

    private static void write(
            Exposition out,
            Metric durations,
            Metric errors,
            String action,
            CallCounts.OfMethod calls) {
        DurationHistogram.Reading succeeded = calls.succeeded.read();
        if (succeeded.count() > 0) {
            out.addSeconds(durations, succeeded, action, OK);
        }
        DurationHistogram.Reading failed = calls.failed.read();
        if (failed.count() > 0) {
            out.addSeconds(durations, failed, action, ERROR);
        }
        for (int code = 1; code < CODES.length; code++) {
            long count = calls.codes.get(code);
            if (count > 0) {
                out.add(errors, count, action, CODES[code]);
            }
        }
    }

    private static void ends(EndCounts ends, Exposition out) {
        for (ProcessKind kind : ProcessKind.values()) {
            for (EndCause cause : EndCause.values()) {
                out.add(EXITS_TOTAL, ends.ends(kind, cause), kind.word(), cause.word());
            }
            out.addSeconds(KILL_TO_STOPPED_SECONDS, ends.killTimes(kind).read(), kind.word());
        }
    }

    /** {@code ResizePty} is Kata's {@code resize_pty}, {@code CloseIO} its {@code close_io}. */
    static String kataWord(String method) {
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < method.length(); i++) {
            char c = method.charAt(i);
            if (i > 0 && Character.isUpperCase(c) && Character.isLowerCase(method.charAt(i - 1))) {
                word.append('_');
            }
            word.append(c);
        }
        return word.toString().toLowerCase(Locale.ROOT);
    }
}
