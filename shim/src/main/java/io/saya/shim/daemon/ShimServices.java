package io.saya.shim.daemon;

import io.saya.agent.AgentConnector;
import io.saya.agent.GrpcLibrary;
import io.saya.agent.KataConnector;
import io.saya.agent.PortShell;
import io.saya.config.RuntimeConfig;
import io.saya.config.TracingConfig;
import io.saya.config.load.LoadedConfig;
import io.saya.event.EventSink;
import io.saya.failpoint.Failpoints;
import io.saya.failpoint.Moment;
import io.saya.failure.RuntimeFailure;
import io.saya.host.guard.GuardHost;
import io.saya.host.guard.GuardStart;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.hypervisor.GuestShell;
import io.saya.io.HostStdio;
import io.saya.io.StreamKeeping;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.oci.OciSpec;
import io.saya.proto.containerd.sandbox.SandboxService;
import io.saya.proto.containerd.task.TaskService;
import io.saya.sandbox.Sandbox;
import io.saya.shim.event.EventPublisher;
import io.saya.shim.log.DaemonLog;
import io.saya.shim.log.NettyLogFactory;
import io.saya.shim.management.ConsoleShell;
import io.saya.shim.management.ManagementSocket;
import io.saya.shim.management.Page;
import io.saya.shim.management.Pages;
import io.saya.shim.metrics.MetricsPage;
import io.saya.shim.metrics.SandboxCounts;
import io.saya.shim.service.CallTracer;
import io.saya.shim.service.PodSandboxService;
import io.saya.shim.service.SandboxTaskService;
import io.saya.shim.trace.SandboxTracer;
import io.saya.shim.trace.SpanCounts;
import io.saya.task.BareSandbox;
import io.saya.task.PodFiles;
import io.saya.task.TaskRecords;
import io.saya.task.Tasks;
import io.saya.template.Templates;
import io.saya.ttrpc.ServiceBinding;
import io.saya.ttrpc.TtrpcServer;
import io.saya.ttrpc.transport.PeerCheck;
import io.saya.ttrpc.transport.Transport;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What the daemon offers while the sandbox lives: the task service, events, the log; all of it
 * loaded after the VM was started, or while it is restored. Used by the daemon's main thread, but
 * for {@link #serve}.
 */
final class ShimServices {
    private static final Log LOG = Log.of("daemon");

    /** A daemon without any container ends after this time. */
    private static final Duration IDLE_LIMIT = Duration.ofSeconds(30);

    /** That limit when no call can come any more, because the sandbox has stopped. */
    private static final Duration OVER_LIMIT = Duration.ofSeconds(5);

    /** Limit for calls that are in progress at the end. */
    private static final Duration CALL_GRACE = Duration.ofSeconds(2);

    private static final String NOT_HANDED_OVER =
            "failed: a sandbox of containerd's sandbox API is not handed over\n";

    /** Limit for the orderly end after a signal that ends the JVM; the guard kills after 15 s. */
    private static final Duration SIGNAL_LIMIT = Duration.ofSeconds(14);

    private final GuardHost host;
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

    ShimServices(ShimArguments arguments, GuardHost host) {
        this.host = host;
        this.start = host.start();
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
        return (endpoint, signs, timeout) ->
                new KataConnector(
                                transport.join(),
                                new GrpcLibrary(ShimDaemon.installation().resolve("lib/cli")),
                                configuration.agent().timeouts().createContainer(),
                                counts.join())
                        .followingLog(configuration.logsByVsock())
                        .connect(endpoint, signs, timeout);
    }

    /** Has templates made when the guest is up, and given up when the daemon ends. */
    Templates templates(Templates used) {
        templates = used;
        return used;
    }

    /** Loads what speaks on sockets. */
    Transport open() {
        NettyLogFactory.install();
        Transport opened = Transport.open("shim");
        transport.complete(opened);
        return opened;
    }

    /** Begins to serve the socket that the guard handed over. */
    void serve(Sandbox sandbox, LoadedConfig configuration)
            throws IOException, InterruptedException {
        var _ = open();
        int restarts = RelayedSocket.restarts(configuration.config());
        Tasks tasks = tasks(sandbox, configuration);
        var _ =
                serve(
                        sandbox,
                        tasks,
                        counts(sandbox),
                        configuration,
                        restarts == 0
                                ? builder -> builder.adopt(start.listener())
                                : RelayedSocket.instead(host, restarts, tasks::endWithDaemon));
    }

    /**
     * The sandbox's containers, with their streams; written down all the time where another daemon
     * is to go on with them when this one dies.
     */
    Tasks tasks(Sandbox sandbox, LoadedConfig configuration) {
        boolean survives = RelayedSocket.restarts(configuration.config()) > 0;
        StreamKeeping keeping =
                new StreamKeeping(sandbox.identity().runDirectory(), host, survives);
        HostStdio stdio = new HostStdio(sandbox.identity().runDirectory().resolve("io"), keeping);
        return survives
                ? new Tasks(sandbox, stdio, new TaskRecords(sandbox, keeping))
                : new Tasks(sandbox, stdio);
    }

    /** What is counted of the sandbox. */
    SandboxCounts counts(Sandbox sandbox) {
        SandboxCounts counted = new SandboxCounts(sandbox.identity().id(), sandbox::stopCause);
        counts.complete(counted);
        return counted;
    }

    /**
     * Begins to serve.
     *
     * @param door by which callers come
     */
    TtrpcServer serve(
            Sandbox sandbox,
            Tasks tasks,
            SandboxCounts counted,
            LoadedConfig configuration,
            Door door)
            throws IOException, InterruptedException {
        DaemonLifetime lifetime =
                new DaemonLifetime(tasks::idle, IDLE_LIMIT, () -> !sandbox.live(), OVER_LIMIT);
        this.lifetime = lifetime;
        List<ServiceBinding> services = tasks(sandbox, tasks, counted, configuration, lifetime);
        TtrpcServer serving = listen(door, services);
        attend(
                sandbox,
                tasks,
                counted,
                configuration,
                new HandOver(host, sandbox, serving, events, transport.join()));
        LOG.info("daemon serves", "address", start.address());
        return serving;
    }

    /** Makes a server of its description. */
    @FunctionalInterface
    interface Door {
        /** Begins to listen. */
        TtrpcServer open(TtrpcServer.Builder builder) throws IOException, InterruptedException;
    }

    private TtrpcServer listen(Door door, List<ServiceBinding> services)
            throws IOException, InterruptedException {
        TtrpcServer.Builder builder =
                TtrpcServer.builder(transport.join()).peerCheck(PeerCheck.sameUser());
        services.forEach(builder::service);
        TtrpcServer serving = door.open(builder);
        server = serving;
        Runtime.getRuntime().addShutdownHook(new Thread(this::endBySignal, "signal"));
        log = DaemonLog.start(start.sandboxId(), transport.join().eventLoop());
        return serving;
    }

    /** The task service under both its names. */
    private List<ServiceBinding> tasks(
            Sandbox sandbox,
            Tasks tasks,
            SandboxCounts counted,
            LoadedConfig configuration,
            DaemonLifetime lifetime) {
        SandboxTracer traces = tracer(sandbox, configuration.config().runtime().tracing());
        tracer = traces;
        events.observedBy(
                event -> {
                    counted.happened(event);
                    if (traces != null) {
                        traces.happened(event);
                    }
                });
        SandboxTaskService service =
                new SandboxTaskService(
                        tasks, lifetime, counted, traces == null ? CallTracer.OFF : traces);
        return List.of(
                TaskService.bind(service), TaskService.bind(service, SandboxTaskService.V3_NAME));
    }

    /** Looks after a sandbox that is served. */
    private void attend(
            Sandbox sandbox,
            Tasks tasks,
            SandboxCounts counted,
            LoadedConfig configuration,
            Page upgrade) {
        DaemonLifetime current = Objects.requireNonNull(lifetime);
        DaemonLog started = Objects.requireNonNull(log);
        current.containersChanged();
        var _ = sandbox.stopped().thenRun(current::containersChanged);
        Thread.ofVirtual()
                .name("management")
                .start(() -> manage(sandbox, tasks, started, configuration, counted, upgrade));
    }

    /**
     * Begins to serve the socket with nothing but the sandbox service: what sandbox is wanted, that
     * will tell.
     *
     * @param boot starts the machine that is asked for
     */
    void serveUntilAsked(ShimArguments arguments, Boot boot)
            throws IOException, InterruptedException {
        var _ = open();
        AtomicReference<PodSandboxService.@Nullable Made> made = new AtomicReference<>();
        DaemonLifetime waiting =
                new DaemonLifetime(
                        () -> made.get() == null || made.get().tasks().idle(),
                        IDLE_LIMIT,
                        () -> made.get() != null && !made.get().sandbox().live(),
                        OVER_LIMIT);
        lifetime = waiting;
        CompletableFuture<TtrpcServer> serving = new CompletableFuture<>();
        PodSandboxService service =
                new PodSandboxService(
                        arguments.namespace(),
                        start.sandboxId(),
                        arguments.bundle(),
                        (spec, files) -> {
                            PodSandboxService.Made pod =
                                    make(boot, spec, files, waiting, serving.join());
                            made.set(pod);
                            return pod;
                        },
                        waiting);
        serving.complete(
                listen(
                        builder -> builder.adopt(start.listener()),
                        List.of(SandboxService.bind(service))));
        waiting.containersChanged();
        LOG.info("daemon serves the sandbox service", "address", start.address());
    }

    /** Starts a machine. */
    @FunctionalInterface
    interface Boot {
        /** A sandbox that boots, and what it was made with. */
        record Booted(Sandbox sandbox, LoadedConfig configuration) {}

        /** Throws a failure of the domain if it cannot be started; nothing is left then. */
        Booted boot(OciSpec spec);
    }

    private PodSandboxService.Made make(
            Boot boot, OciSpec spec, PodFiles files, DaemonLifetime waiting, TtrpcServer serving) {
        Boot.Booted booted = boot.boot(spec);
        Sandbox sandbox = booted.sandbox();
        BareSandbox bare = new BareSandbox(sandbox, files);
        Tasks tasks =
                new Tasks(
                        sandbox,
                        new HostStdio(sandbox.identity().runDirectory().resolve("io")),
                        Optional.of(bare));
        SandboxCounts counted = counts(sandbox);
        serving.offer(tasks(sandbox, tasks, counted, booted.configuration(), waiting));
        attend(
                sandbox,
                tasks,
                counted,
                booted.configuration(),
                _ -> new Page.Answer("text/plain", NOT_HANDED_OVER));
        return new PodSandboxService.Made(bare, tasks);
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
            SandboxCounts counted,
            Page upgrade) {
        try {
            sandbox.awaitBoot();
            Templates used = templates;
            if (used != null) {
                Thread.ofVirtual().name("template").start(used::afterBoot);
                // Not only with the daemon, which may be asked for a while for what has ended.
                var _ =
                        sandbox.stopped()
                                .thenRun(
                                        () ->
                                                Thread.ofVirtual()
                                                        .name("template-end")
                                                        .start(used::close));
            }
            Pages pages =
                    new Pages(
                            sandbox,
                            tasks,
                            log.recent(),
                            configuration.sources().toString(),
                            this::template,
                            counted.restarts());
            management =
                    ManagementSocket.open(
                            sandbox.identity().runDirectory(),
                            pages.with(
                                    Map.of(
                                            "/metrics",
                                            new MetricsPage(sandbox, tasks, counted, this::spans),
                                            "/upgrade",
                                            upgrade)),
                            shell(sandbox, configuration.config()));
        } catch (RuntimeFailure e) {
            LOG.debug("no guest, so no management socket", "error", e);
        } catch (IOException e) {
            LOG.warn("no management socket", "error", e);
        }
    }

    /** Where the agent was told to have shells ({@code VmPlan}), if anywhere. */
    private Optional<GuestShell> shell(Sandbox sandbox, RuntimeConfig configuration) {
        if (!configuration.agent().debugConsole()) {
            return Optional.empty();
        }
        AgentEndpoint agent = sandbox.agentEndpoint().orElseThrow();
        return Optional.of(
                agent instanceof AgentEndpoint.SerialPort
                        ? new ConsoleShell(sandbox.console().orElseThrow())
                        : PortShell.of(transport.join(), agent));
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
    void end(Optional<Sandbox> sandbox) {
        Failpoints.reach(Moment.SHUTDOWN_END);
        ManagementSocket open = management;
        if (open != null) {
            open.close();
        }
        try {
            sandbox.ifPresent(Sandbox::stop);
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
