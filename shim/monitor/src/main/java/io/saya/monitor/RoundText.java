package io.saya.monitor;

import io.saya.monitor.node.MonitoredSandbox;
import io.saya.monitor.pods.PodIdentity;
import io.saya.monitor.scrape.FailureReason;
import io.saya.monitor.scrape.Scraped;
import io.saya.monitor.text.SandboxLabels;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What the monitor itself says of the sandboxes of a round, in Prometheus' text format. */
final class RoundText {
    private final Function<MonitoredSandbox, PodIdentity> pods;

    RoundText(Function<MonitoredSandbox, PodIdentity> pods) {
        this.pods = pods;
    }

    String of(List<Scraped> round) {
        StringBuilder info =
                head(
                        "saya_monitor_sandbox_info",
                        "1; runtime: saya or kata; runtime_handler: of its RuntimeClass.");
        StringBuilder up =
                head(
                        "saya_monitor_sandbox_up",
                        "1 if the sandbox answered this scrape, 0 if it failed.");
        StringBuilder overhead =
                head(
                        "saya_monitor_declared_overhead_bytes",
                        "Memory that the pod's RuntimeClass declares as overhead.");
        int leftBehind = 0;
        for (Scraped result : round) {
            MonitoredSandbox sandbox = result.sandbox();
            PodIdentity pod = pods.apply(sandbox);
            String labels =
                    "{" + SandboxLabels.of(sandbox.id(), pod.name(), pod.namespace(), pod.uid());
            Map<String, String> more = new LinkedHashMap<>();
            more.put("runtime", sandbox.runtime().word());
            more.put("runtime_handler", pod.runtimeHandler());
            info.append("saya_monitor_sandbox_info")
                    .append(labels)
                    .append(',')
                    .append(SandboxLabels.text(more))
                    .append("} 1\n");
            boolean answered =
                    switch (result) {
                        case Scraped.Answered _, Scraped.Booting _ -> true;
                        case Scraped.Failed _ -> false;
                    };
            up.append("saya_monitor_sandbox_up")
                    .append(labels)
                    .append(answered ? "} 1\n" : "} 0\n");
            if (result instanceof Scraped.Failed(var _, var _, FailureReason reason, var _)
                    && reason == FailureReason.UNREACHABLE) {
                leftBehind++;
            }
            pod.declaredOverhead()
                    .ifPresent(
                            bytes ->
                                    overhead.append("saya_monitor_declared_overhead_bytes")
                                            .append(labels)
                                            .append("} ")
                                            .append(bytes)
                                            .append('\n'));
        }
        return info.append(up)
                .append(overhead)
                .append(
                        head(
                                "saya_monitor_sandboxes_left_behind",
                                "Run directories at whose socket nobody listens: saya cleanup's work."))
                .append("saya_monitor_sandboxes_left_behind ")
                .append(leftBehind)
                .append('\n')
                .toString();
    }

    private static StringBuilder head(String name, String help) {
        return new StringBuilder("# HELP " + name + " " + help + "\n# TYPE " + name + " gauge\n");
    }
}
