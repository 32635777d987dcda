package io.saya.shim.daemon;

import io.saya.agent.AgentConnector;
import io.saya.config.ConfigException;
import io.saya.config.FactoryConfig;
import io.saya.config.Problem;
import io.saya.config.annotation.AnnotationOverrides;
import io.saya.config.load.ConfigLoader;
import io.saya.config.load.LoadedConfig;
import io.saya.failpoint.Failpoints;
import io.saya.failpoint.Moment;
import io.saya.failure.RuntimeFailure;
import io.saya.guest.GuestLaunch;
import io.saya.guest.SandboxCgroup;
import io.saya.guest.SandboxIdentity;
import io.saya.guest.StartClock;
import io.saya.guest.StartPhase;
import io.saya.host.guard.GuardHost;
import io.saya.host.guard.GuardStart;
import io.saya.hypervisor.Hypervisor;
import io.saya.json.Json;
import io.saya.lifecycle.UncaughtFaults;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.log.LogLevel;
import io.saya.log.LogRouter;
import io.saya.oci.OciSpec;
import io.saya.qemu.QemuHypervisor;
import io.saya.sandbox.Sandbox;
import io.saya.template.TemplateMaker;
import io.saya.template.TemplateStore;
import io.saya.template.Templates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The daemon from its first to its last instruction. What stands before the start of the VM is kept
 * small: the guest boots while Netty, protobuf and log4j are loaded, and the first requests wait in
 * the backlog of a socket that was listening before this process existed.
 */
public final class ShimDaemon {
    private static final Log LOG = Log.of("daemon");

    private final ShimArguments arguments;
    private final GuardHost host;
    private final StartClock clock = new StartClock();
    private final CompletableFuture<Sandbox> made = new CompletableFuture<>();
    private @Nullable CompletableFuture<Boolean> early;

    private ShimDaemon(ShimArguments arguments, GuardHost host) {
        this.arguments = arguments;
        this.host = host;
    }

    /**
     * Runs the daemon of a sandbox to its end. The process's stdin and stdout are the guard's.
     *
     * @return the exit code
     */
    public static int run(ShimArguments arguments) {
        beginLog(arguments);
        try {
            return new ShimDaemon(arguments, GuardHost.open()).live();
        } catch (IOException e) {
            System.err.println("saya: " + e.getMessage());
            return 1;
        }
    }

    private static void beginLog(ShimArguments arguments) {
        UncaughtFaults.logAll();
        if (arguments.debug()) {
            LogRouter.threshold(LogLevel.DEBUG);
        }
    }

    private int live() throws IOException {
        GuardStart start = host.start();
        Failpoints.sandbox(start.sandboxId());
        ShimServices services = new ShimServices(arguments, host);
        if (!Files.exists(arguments.bundle().resolve(OciSpec.FILE))) {
            return liveByRequest(services);
        }
        Sandbox sandbox;
        LoadedConfig configuration;
        try {
            OciSpec spec = OciSpec.read(arguments.bundle());
            SandboxIdentity identity = identity(start);
            // While the configuration is read: the kernel takes its time to move a process.
            SandboxCgroup cgroup = SandboxCgroup.prepare(identity, spec.cgroupsPath());
            configuration = configuration(start, spec);
            LoadedConfig loaded = configuration;
            sandbox =
                    boot(
                            identity,
                            cgroup,
                            spec,
                            loaded,
                            services,
                            () -> serveEarly(services, loaded));
        } catch (ConfigException e) {
            host.failed(
                    "sandbox "
                            + start.sandboxId()
                            + " cannot start, phase "
                            + StartPhase.CONFIGURATION
                            + ": "
                            + e.getMessage());
            return 1;
        } catch (RuntimeFailure e) {
            host.failed(e.getMessage());
            return 1;
        }
        Failpoints.reach(Moment.START_READY);
        // The socket is listening: containerd's first request waits there until it is served.
        host.ready();
        boolean serving = serving(services, sandbox, configuration);
        if (serving) {
            services.awaitEnd();
        }
        services.end(Optional.of(sandbox));
        return serving ? 0 : 1;
    }

    /**
     * Without a specification nothing is known of the sandbox: containerd's sandbox API tells of it
     * when this process serves.
     */
    private int liveByRequest(ShimServices services) {
        boolean serving;
        try {
            host.ready();
            serving =
                    Waited.untilInterrupted(
                            () ->
                                    services.serveUntilAsked(
                                            arguments, spec -> bootOnRequest(spec, services)));
        } catch (IOException e) {
            LOG.error("the daemon cannot serve", "error", e);
            return 1;
        }
        if (serving) {
            services.awaitEnd();
        }
        services.end(Optional.ofNullable(made.getNow(null)));
        return serving ? 0 : 1;
    }

    /** The specification goes where that of a sandbox container would be: others look for it. */
    private ShimServices.Boot.Booted bootOnRequest(OciSpec spec, ShimServices services) {
        GuardStart start = host.start();
        try {
            Files.writeString(arguments.bundle().resolve(OciSpec.FILE), Json.write(spec.json()));
            SandboxIdentity identity = identity(start);
            SandboxCgroup cgroup = SandboxCgroup.prepare(identity, spec.cgroupsPath());
            LoadedConfig configuration = configuration(start, spec);
            return new ShimServices.Boot.Booted(
                    boot(identity, cgroup, spec, configuration, services, () -> {}), configuration);
        } catch (IOException | ConfigException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Kind.INVALID_ARGUMENT,
                    "sandbox "
                            + start.sandboxId()
                            + " cannot start, phase "
                            + StartPhase.CONFIGURATION
                            + ": "
                            + e.getMessage(),
                    e);
        }
    }

    /** Serves, unless that was begun while the VM was restored. */
    private boolean serving(ShimServices services, Sandbox sandbox, LoadedConfig configuration) {
        CompletableFuture<Boolean> begun = early;
        return begun == null ? serve(services, sandbox, configuration) : begun.join();
    }

    /**
     * A restored guest answers before all classes that speak to it are loaded, which is most of
     * what remains of the start: so they are loaded meanwhile. Nobody calls yet.
     */
    private void serveEarly(ShimServices services, LoadedConfig configuration) {
        CompletableFuture<Boolean> begun = new CompletableFuture<>();
        early = begun;
        Thread.ofPlatform()
                .name("serve")
                .daemon()
                .start(() -> begun.complete(serve(services, made.join(), configuration)));
    }

    private static boolean serve(
            ShimServices services, Sandbox sandbox, LoadedConfig configuration) {
        try {
            return Waited.untilInterrupted(() -> services.serve(sandbox, configuration));
        } catch (IOException | RuntimeException | Error e) {
            // Whoever waits for this would wait for good.
            LOG.error("the daemon cannot serve", "error", e);
            return false;
        }
    }

    /**
     * Runs a daemon that takes over from another one to its end. Until it has, whatever fails is
     * the end of this process alone, and its last words are the reason.
     *
     * @return the exit code
     */
    public static int succeed(ShimArguments arguments) {
        beginLog(arguments);
        try {
            return new ShimDaemon(arguments, GuardHost.open()).takeOver();
        } catch (IOException | ConfigException | RuntimeFailure e) {
            System.err.println("saya: " + e.getMessage());
            return 1;
        }
    }

    private int takeOver() throws IOException, ConfigException {
        GuardStart start = host.start();
        ShimServices services = new ShimServices(arguments, host);
        OciSpec spec = OciSpec.read(arguments.bundle());
        SandboxIdentity identity = identity(start);
        LoadedConfig configuration = configuration(start, spec);
        Takeover takeover = new Takeover(host, identity, services);
        boolean done = Waited.untilInterrupted(() -> takeover.carryOut(spec, configuration, clock));
        if (done) {
            services.awaitEnd();
        }
        services.end(Optional.of(takeover.sandbox()));
        return done ? 0 : 1;
    }

    /**
     * Runs a daemon in the place of one that has died to its end. Whatever fails is the sandbox's
     * end, as without it.
     *
     * @return the exit code
     */
    public static int restart(ShimArguments arguments) {
        beginLog(arguments);
        try {
            return new ShimDaemon(arguments, GuardHost.open()).resume();
        } catch (IOException | ConfigException | RuntimeFailure e) {
            System.err.println("saya: the sandbox cannot be gone on with: " + e.getMessage());
            return 1;
        }
    }

    private int resume() throws IOException, ConfigException {
        GuardStart start = host.start();
        Failpoints.sandbox(start.sandboxId());
        ShimServices services = new ShimServices(arguments, host);
        OciSpec spec = OciSpec.read(arguments.bundle());
        SandboxIdentity identity = identity(start);
        LoadedConfig configuration = configuration(start, spec);
        Resumption resumption = new Resumption(host, identity, services);
        boolean done =
                Waited.untilInterrupted(() -> resumption.carryOut(spec, configuration, clock));
        if (done) {
            services.awaitEnd();
        }
        services.end(Optional.of(resumption.sandbox()));
        return done ? 0 : 1;
    }

    private LoadedConfig configuration(GuardStart start, OciSpec spec) throws ConfigException {
        Path installDirectory = installation();
        StartOptions options = StartOptions.parse(start.bootstrap(), arguments.id());
        LoadedConfig loaded =
                AnnotationOverrides.apply(
                        new ConfigLoader(installDirectory)
                                .load(options.configPath(), System.getenv()),
                        spec.annotations());
        if (loaded.config().runtime().daemon().debug()) {
            LogRouter.threshold(LogLevel.DEBUG);
        }
        clock.done(StartPhase.CONFIGURATION);
        LOG.info("configuration", "sources", loaded.sources());
        for (Problem warning : loaded.warnings()) {
            LOG.warn("configuration", "problem", warning);
        }
        return loaded;
    }

    private SandboxIdentity identity(GuardStart start) {
        return new SandboxIdentity(
                arguments.namespace(),
                start.sandboxId(),
                arguments.bundle(),
                Path.of(start.runDirectory()));
    }

    private Sandbox boot(
            SandboxIdentity identity,
            SandboxCgroup cgroup,
            OciSpec spec,
            LoadedConfig configuration,
            ShimServices services,
            Runnable meanwhile) {
        AgentConnector agents = services.agents(configuration.config());
        QemuHypervisor qemu = qemu(host, identity);
        FactoryConfig factory = configuration.config().factory();
        Hypervisor hypervisor =
                factory.enableTemplate()
                        ? services.templates(
                                new Templates(
                                        qemu,
                                        new TemplateStore(factory.templatePath()),
                                        new TemplateMaker(
                                                qemu,
                                                agents,
                                                identity.runDirectory().resolve("template")),
                                        clock,
                                        meanwhile))
                        : qemu;
        Sandbox sandbox =
                new Sandbox(
                        new GuestLaunch(
                                identity,
                                configuration.config(),
                                host,
                                hypervisor,
                                agents,
                                cgroup,
                                clock),
                        services.events());
        made.complete(sandbox);
        sandbox.boot(spec);
        return sandbox;
    }

    static QemuHypervisor qemu(GuardHost host, SandboxIdentity identity) {
        return QemuHypervisor.of(host, parent(identity.runDirectory()), System.getenv());
    }

    /** Returns the directory of all sandboxes; a run directory is never a root. */
    private static Path parent(Path runDirectory) {
        return Objects.requireNonNull(runDirectory.getParent());
    }

    /** Returns the directory that holds {@code bin}, {@code lib} and {@code share}. */
    static Path installation() {
        return Path.of(System.getProperty("saya.home", "/usr"));
    }
}
