package io.saya.cli.check;

import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** One line for a cluster: can pods be sent to this node? */
final class NodeSummary {
    private NodeSummary() {}

    /**
     * The line; it begins with {@code ready} or {@code not ready}.
     *
     * @param obstacle what stands in the way
     */
    static String of(List<Finding> findings, boolean ready, Predicate<Finding> obstacle) {
        if (!ready) {
            return "not ready: "
                    + findings.stream()
                            .filter(obstacle)
                            .map(finding -> finding.check() + ": " + finding.text())
                            .collect(Collectors.joining("; "));
        }
        boolean kvm = findings.stream().anyMatch(ProcessorChecks::runsUnderKvm);
        return "ready, "
                + (kvm ? "under KVM" : "emulated (TCG)")
                + findings.stream()
                        .filter(finding -> finding.check().equals(HandlerChecks.NAME))
                        .map(finding -> ", " + finding.text())
                        .collect(Collectors.joining());
    }
}
