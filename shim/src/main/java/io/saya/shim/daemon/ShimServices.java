package io.saya.shim.daemon;

import io.saya.agent.AgentConnector;
import io.saya.agent.GrpcLibrary;
import io.saya.agent.KataConnector;
import io.saya.config.RuntimeConfig;
import io.saya.config.TracingConfig;
import io.saya.config.load.LoadedConfig;
import io.saya.event.EventSink;
import io.saya.failpoint.Failpoints;
import io.saya.failpoint.Moment;
import io.saya.failure.RuntimeFailure;
import io.saya.host.guard.GuardStart;
import io.saya.io.HostStdio;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.proto.containerd.task.TaskService;
import io.saya.sandbox.Sandbox;
import io.saya.shim.event.EventPublisher;
import io.saya.shim.log.DaemonLog;
import io.saya.shim.log.NettyLogFactory;
import io.saya.shim.management.ManagementSocket;
import io.saya.shim.management.Pages;
import io.saya.shim.metrics.MetricsPage;
import io.saya.shim.metrics.SandboxCounts;
import io.saya.shim.service.CallTracer;
import io.saya.shim.service.SandboxTaskService;
import io.saya.shim.trace.SandboxTracer;
import io.saya.shim.trace.SpanCounts;
import io.saya.task.Tasks;
import io.saya.template.Templates;
import io.saya.ttrpc.TtrpcServer;
import io.saya.ttrpc.transport.PeerCheck;
import io.saya.ttrpc.transport.Transport;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What the daemon offers while the sandbox lives: the task service, events, the log; all of it
 * loaded after the VM was started. Used by the daemon's main thread.
 */
final class ShimServices {
    private static final Log LOG = Log.of("daemon");

    /** A daemon without any container ends after this time. */
    private static final Duration IDLE_LIMIT = Duration.ofSeconds(30);

    /** That limit when no call can come any more, because the sandbox has stopped. */
    private static final Duration OVER_LIMIT = Duration.ofSeconds(5);

    /** Limit for calls that are in progress at the end. */
    private static final Duration CALL_GRACE = Duration.ofSeconds(2);

    /** Limit for the orderly end after a signal that ends the JVM; the guard kills after 15 s. */
    private static final Duration SIGNAL_LIMIT = Duration.ofSeconds(14);

    private final GuardStart start;
    private final EventPublisher events;
    private final CompletableFuture<Transport> transport = new CompletableFuture<>();
    private final CompletableFuture<SandboxCounts> counts = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile @Nullable DaemonLifetime lifetime;
    private volatile @Nullable ManagementSocket management;
    private volatile @Nullable SandboxTracer tracer;
    private volatile @Nullable Templates templates;
    private @Nullable TtrpcServer server;
    private @Nullable DaemonLog log;

    ShimServices(ShimArguments arguments, GuardStart start) {
        this.start = start;
        this.events =
                EventPublisher.to(
                        arguments.namespace(),
                        System.getenv("TTRPC_ADDRESS"),
                        arguments.publishBinary(),
                        arguments.address(),
                        transport);
    }

    EventSink events() {
        return events;
    }

    /** Connects as soon as there is a transport: the VM is started before Netty is loaded. */
    AgentConnector agents(RuntimeConfig configuration) {
        return (endpoint, hungUp, timeout) ->
                new KataConnector(
                                transport.join(),
                                new GrpcLibrary(ShimDaemon.installation().resolve("lib/cli")),
                                configuration.agent().timeouts().createContainer(),
                                counts.join())
                        .connect(endpoint, hungUp, timeout);
    }

    /** Has templates made when the guest is up, and given up when the daemon ends. */
    Templates templates(Templates used) {
        templates = used;
        return used;
    }

    /** Begins to serve the socket that the guard handed over. */
    void serve(Sandbox sandbox, LoadedConfig configuration)
            throws IOException, InterruptedException {
        NettyLogFactory.install();
        Transport opened = Transport.open("shim");
        SandboxCounts counted = new SandboxCounts(sandbox.identity().id(), sandbox::stopCause);
        counts.complete(counted);
        transport.complete(opened);
        SandboxTracer traces = tracer(sandbox, configuration.config().runtime().tracing());
        tracer = traces;
        events.observedBy(
                event -> {
                    counted.happened(event);
                    if (traces != null) {
                        traces.happened(event);
                    }
                });
        Tasks tasks =
                new Tasks(sandbox, new HostStdio(sandbox.identity().runDirectory().resolve("io")));
        DaemonLifetime lifetime =
                new DaemonLifetime(tasks::idle, IDLE_LIMIT, () -> !sandbox.live(), OVER_LIMIT);
        this.lifetime = lifetime;
        SandboxTaskService service =
                new SandboxTaskService(
                        tasks, lifetime, counted, traces == null ? CallTracer.OFF : traces);
        server =
                TtrpcServer.builder(opened)
                        .service(TaskService.bind(service))
                        .service(TaskService.bind(service, SandboxTaskService.V3_NAME))
                        .peerCheck(PeerCheck.sameUser())
                        .adopt(start.listener());
        lifetime.containersChanged();
        var _ = sandbox.stopped().thenRun(lifetime::containersChanged);
        Runtime.getRuntime().addShutdownHook(new Thread(this::endBySignal, "signal"));
        log = DaemonLog.start(start.sandboxId(), opened.eventLoop());
        DaemonLog started = log;
        Thread.ofVirtual()
                .name("management")
                .start(() -> manage(sandbox, tasks, started, configuration, counted));
        LOG.info("daemon serves", "address", start.address());
    }

    /** Null where there is none: nothing of it is loaded then. */
    private static @Nullable SandboxTracer tracer(Sandbox sandbox, TracingConfig config) {
        if (!config.enabled()) {
            return null;
        }
        try {
            return new SandboxTracer(sandbox, config.endpoint(), config.user(), config.password());
        } catch (IllegalArgumentException e) {
            LOG.warn("no traces", "error", e);
            return null;
        }
    }

    /** The management socket is for operators, so it waits until the guest is up. */
    private void manage(
            Sandbox sandbox,
            Tasks tasks,
            DaemonLog log,
            LoadedConfig configuration,
            SandboxCounts counted) {
        try {
            sandbox.awaitBoot();
            Templates used = templates;
            if (used != null) {
                Thread.ofVirtual().name("template").start(used::afterBoot);
            }
            Pages pages =
                    new Pages(
                            sandbox,
                            tasks,
                            log.recent(),
                            configuration.sources().toString(),
                            this::template);
            management =
                    ManagementSocket.open(
                            sandbox.identity().runDirectory(),
                            pages.with(
                                    "/metrics",
                                    new MetricsPage(sandbox, tasks, counted, this::spans)),
                            sandbox.console().orElseThrow(),
                            configuration.config().agent().debugConsole());
        } catch (RuntimeFailure e) {
            LOG.debug("no guest, so no management socket", "error", e);
        } catch (IOException e) {
            LOG.warn("no management socket", "error", e);
        }
    }

    private String template() {
        Templates used = templates;
        return used == null ? "not enabled" : used.describe();
    }

    private Optional<SpanCounts> spans() {
        SandboxTracer current = tracer;
        return current == null ? Optional.empty() : Optional.of(current.counts());
    }

    /** Waits until the daemon is to end. */
    void awaitEnd() {
        DaemonLifetime current = lifetime;
        if (current != null) {
            current.await();
        }
    }

    /**
     * Ends everything in the order that loses nothing: the VM, whose end makes exits public; calls,
     * which carry them; events; the log.
     */
    void end(Sandbox sandbox) {
        Failpoints.reach(Moment.SHUTDOWN_END);
        ManagementSocket open = management;
        if (open != null) {
            open.close();
        }
        try {
            sandbox.stop();
        } catch (RuntimeFailure e) {
            LOG.error("sandbox does not stop; the guard kills what is left", "error", e);
        }
        Templates used = templates;
        if (used != null) {
            used.close();
        }
        if (server != null) {
            TtrpcServer serving = server;
            boolean _ = Waited.untilInterrupted(() -> serving.shutdown(CALL_GRACE));
        }
        Failpoints.reach(Moment.SHUTDOWN_FLUSH);
        SandboxTracer traces = tracer;
        if (traces != null) {
            traces.close();
        }
        events.close();
        if (log != null) {
            log.close();
        }
        ended.complete(null);
    }

    /** SIGTERM and SIGINT: the JVM ends when this returns. */
    private void endBySignal() {
        DaemonLifetime current = lifetime;
        if (current != null) {
            current.end("signal");
        }
        if (!Waited.on(ended, SIGNAL_LIMIT).isDone()) {
            LOG.error("the daemon did not end in time");
        }
    }
}
