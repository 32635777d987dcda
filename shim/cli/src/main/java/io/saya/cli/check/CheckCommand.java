package io.saya.cli.check;

import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.cli.check.Finding.Verdict;
import io.saya.cli.host.HostFiles;
import io.saya.cli.text.Tree;
import io.saya.config.ConfigException;
import io.saya.config.Problem;
import io.saya.config.Problem.Severity;
import io.saya.config.RuntimeConfig;
import io.saya.config.load.LoadedConfig;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import io.saya.log.Log;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code saya check}. */
@Command(
        name = "check",
        aliases = "kata-check",
        description = {
            "Tell whether this host can run containers in virtual machines, and what to do where it"
                    + " cannot.",
            "Some checks need root. KVM counts only if a guest really ran under it; elsewhere guests"
                    + " are emulated.",
            "Exit code 0: containers can run here; 1: they cannot, see the lines that begin with"
                    + " 'fail'. With --node 0 means that pods of a cluster can."
        })
public final class CheckCommand implements Callable<Integer> {
    private static final Log LOG = Log.of("check");

    private static final List<Function<CheckedHost, Finding>> CHECKS =
            List.of(
                    ProgramChecks::installation,
                    ProcessorChecks::cpu,
                    ProcessorChecks::kvm,
                    ProcessorChecks::modules,
                    DeviceChecks::vhostVsock,
                    DeviceChecks::vhostNet,
                    DeviceChecks::tun,
                    DeviceChecks::competitors,
                    ProgramChecks::qemu,
                    ProgramChecks::virtiofsd,
                    GuestCheck::guest,
                    SetupChecks::memory,
                    SetupChecks::cgroups,
                    ConfinementCheck::confinement,
                    ConfinedCgroupChecks::devices,
                    ConfinedCgroupChecks::cores,
                    SetupChecks::runDirectory,
                    SetupChecks::systemLog,
                    HandlerChecks::handler);

    private final Invocation invocation;

    @Option(names = "--json", description = "As JSON.")
    private boolean json;

    @Option(
            names = {"-s", "--strict"},
            description = "Warnings count as failures.")
    private boolean strict;

    @Option(
            names = "--node",
            description =
                    "Tell in one line whether pods can be sent to this node: a container manager must"
                            + " know the runtime, too.")
    private boolean node;

    @Option(
            names = "--boot",
            description =
                    "Also start a sandbox with a container in it, and tell how long each phase took"
                            + " (root; some seconds).")
    private boolean boot;

    @Option(
            names = "--overhead",
            description =
                    "Only print a RuntimeClass for Kubernetes, with the overhead of pods on this"
                            + " host and with this configuration. Root measures a sandbox without"
                            + " work for it, with templates a second one (ten seconds each).")
    private boolean overhead;

    @Option(
            names = {"-n", "--no-network-checks", "-v", "--verbose"},
            hidden = true,
            description = "Accepted because kata-check has them; this command uses no network.")
    private boolean ignored;

    /** The command for one call. */
    public CheckCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        List<Finding> findings = new ArrayList<>();
        RuntimeConfig config = configuration(findings);
        CheckedHost host =
                new CheckedHost(
                        new HostFiles(Path.of("/")),
                        config,
                        invocation.installation(),
                        invocation.runBase(),
                        HostFiles.isRoot());
        if (overhead && findings.stream().noneMatch(this::isObstacle)) {
            invocation.out().print(HostRuntimeClass.measured(invocation, host));
            return ExitCode.OK;
        }
        findings.forEach(this::print);
        for (CompletableFuture<Finding> pending : start(host)) {
            Finding finding = pending.join();
            LOG.info(finding.text(), "check", finding.check(), "verdict", name(finding.verdict()));
            findings.add(finding);
            print(finding);
        }
        if (boot && findings.stream().noneMatch(this::isObstacle)) {
            Finding booted = boot();
            findings.add(booted);
            print(booted);
        }
        boolean capable = findings.stream().noneMatch(this::isObstacle);
        if (json) {
            invocation.out().println(Tree.json(json(findings, capable)));
        } else if (node) {
            invocation.out().println(NodeSummary.of(findings, capable, this::isObstacle));
        } else {
            conclude(findings, capable);
        }
        return capable ? ExitCode.OK : ExitCode.FAILED;
    }

    private Finding boot() {
        if (!HostFiles.isRoot()) {
            return Finding.skip("boot", "a sandbox is started by root");
        }
        StringBuilder phases = new StringBuilder();
        Finding booted =
                BootCheck.boot(
                        invocation,
                        status -> {
                            try {
                                phases.append(BootCheck.describe(status.ask()));
                            } catch (IOException e) {
                                LOG.warn("the phases are not known", "error", e);
                            }
                        });
        return phases.isEmpty() || booted.verdict() != Verdict.PASS
                ? booted
                : Finding.pass("boot", booted.text() + " (" + phases + ")");
    }

    /** Runs all checks at once: most of them wait for a program or the disk. */
    private static List<CompletableFuture<Finding>> start(CheckedHost host) {
        List<CompletableFuture<Finding>> all = new ArrayList<>();
        for (Function<CheckedHost, Finding> check : CHECKS) {
            CompletableFuture<Finding> finding = new CompletableFuture<>();
            Thread.ofVirtual()
                    .name("check")
                    .start(
                            () -> {
                                try {
                                    finding.complete(check.apply(host));
                                } catch (RuntimeException e) {
                                    finding.completeExceptionally(e);
                                }
                            });
            all.add(finding);
        }
        return all;
    }

    private boolean isObstacle(Finding finding) {
        return finding.verdict() == Verdict.FAIL
                || (finding.verdict() == Verdict.WARN
                        && (strict || (node && finding.check().equals(HandlerChecks.NAME))));
    }

    /** A configuration with errors is a finding; the other checks then look at the built-in one. */
    private RuntimeConfig configuration(List<Finding> findings) {
        try {
            LoadedConfig loaded = invocation.loadConfiguration();
            if (loaded.warnings().isEmpty()) {
                findings.add(Finding.pass("configuration", loaded.sources().toString()));
            }
            for (Problem warning : loaded.warnings()) {
                findings.add(
                        Finding.warn(
                                "configuration", warning.source() + ": " + warning.text(), ""));
            }
            return loaded.config();
        } catch (ConfigException e) {
            for (Problem problem : e.problems()) {
                String text = problem.source() + ": " + problem.text();
                findings.add(
                        problem.severity() == Severity.ERROR
                                ? Finding.fail("configuration", text, "")
                                : Finding.warn("configuration", text, ""));
            }
            return invocation.configLoader().builtIn();
        }
    }

    private void print(Finding finding) {
        if (json || node) {
            return;
        }
        invocation
                .out()
                .printf(
                        Locale.ROOT,
                        "%-5s %-14s %s%n",
                        name(finding.verdict()),
                        finding.check(),
                        finding.text());
        if (!finding.advice().isEmpty()) {
            invocation.out().printf(Locale.ROOT, "%20s -> %s%n", "", finding.advice());
        }
        invocation.out().flush();
    }

    private void conclude(List<Finding> findings, boolean capable) {
        boolean kvm = findings.stream().anyMatch(ProcessorChecks::runsUnderKvm);
        invocation.out().println();
        if (capable) {
            invocation
                    .out()
                    .println(
                            "This host can run containers in virtual machines"
                                    + (kvm ? ", under KVM." : ", emulated (TCG)."));
            return;
        }
        invocation.out().flush();
        invocation
                .err()
                .println("saya: this host cannot run containers; see the lines above that fail");
    }

    private static JsonObject json(List<Finding> findings, boolean capable) {
        List<JsonValue> all = new ArrayList<>();
        for (Finding finding : findings) {
            all.add(
                    JsonObject.builder()
                            .put("check", finding.check())
                            .put("verdict", name(finding.verdict()))
                            .put("text", finding.text())
                            .put("advice", finding.advice())
                            .build());
        }
        return JsonObject.builder()
                .put("capable", capable)
                .put("checks", new JsonArray(all))
                .build();
    }

    private static String name(Verdict verdict) {
        return verdict.name().toLowerCase(Locale.ROOT);
    }
}
