package io.saya.cli.monitor;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import io.saya.cli.call.Invocation;
import io.saya.monitor.MonitorOptions;
import io.saya.monitor.NodeMonitor;
import io.saya.monitor.web.MonitorServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code saya monitor}: runs until it is ended by a signal. */
@Command(
        name = "monitor",
        description = {
            "Serve the metrics of all sandboxes of this node to Prometheus, and a page for people.",
            "Pages: /metrics (?sandbox=ID, ?filter_family=BEGINNING), /sandboxes (JSON), /healthz, /.",
            "It finds Saya's sandboxes, and those of Kata Containers on the same node."
        })
public final class MonitorCommand implements Callable<Integer> {
    private final Invocation invocation;

    @Option(
            names = "--listen-address",
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:8090",
            description =
                    "Where to listen; ':8090' is every address of the host. Default: ${DEFAULT-VALUE}.")
    private String listenAddress = "";

    @Option(
            names = {"--web-config-file", "--web.config.file"},
            paramLabel = "FILE",
            description =
                    "TLS and passwords, in the form of Prometheus' exporters; without it everybody who"
                            + " reaches the address may ask.")
    private @Nullable Path webConfig;

    @Option(
            names = "--runtime-endpoint",
            paramLabel = "SOCKET",
            defaultValue = "/run/containerd/containerd.sock",
            description = "containerd's socket, for the names of pods. Default: ${DEFAULT-VALUE}.")
    private Path runtimeEndpoint = Path.of("/");

    @Option(
            names = "--kata-run-dir",
            paramLabel = "DIRECTORY",
            description =
                    "Where Kata's sandboxes have their directories. Default: /run/vc/sbs and"
                            + " /run/kata.")
    private List<Path> kataRunDirectories = MonitorOptions.KATA;

    /** The command for one call. */
    public MonitorCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() throws InterruptedException {
        InetSocketAddress address = ListenAddress.parse(listenAddress);
        MonitorOptions options =
                MonitorOptions.of(invocation.runBase(), kataRunDirectories, runtimeEndpoint);
        try (NodeMonitor monitor = NodeMonitor.start(options);
                MonitorServer server =
                        MonitorServer.start(address, Optional.ofNullable(webConfig), monitor)) {
            invocation.err().println("saya monitor: listening on " + server.address());
            invocation.err().flush();
            // Until a signal ends the process.
            new CountDownLatch(1).await();
            return ExitCode.OK;
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.FAILED, String.valueOf(e.getMessage()));
        }
    }
}
