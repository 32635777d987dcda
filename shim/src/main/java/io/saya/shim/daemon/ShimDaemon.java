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
import java.nio.file.Path;
import java.util.Objects;

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
        if (arguments.debug()) {
            LogRouter.threshold(LogLevel.DEBUG);
        }
        try {
            return new ShimDaemon(arguments, GuardHost.open()).live();
        } catch (IOException e) {
            System.err.println("saya: " + e.getMessage());
            return 1;
        }
    }

    private int live() throws IOException {
        GuardStart start = host.start();
        Failpoints.sandbox(start.sandboxId());
        ShimServices services = new ShimServices(arguments, start);
        Sandbox sandbox;
        LoadedConfig configuration;
        try {
            OciSpec spec = OciSpec.read(arguments.bundle());
            SandboxIdentity identity = identity(start);
            // While the configuration is read: the kernel takes its time to move a process.
            SandboxCgroup cgroup = SandboxCgroup.prepare(identity, spec.cgroupsPath());
            configuration = configuration(start, spec);
            sandbox = boot(identity, cgroup, spec, configuration, services);
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
        boolean serving = serve(services, sandbox, configuration);
        if (serving) {
            services.awaitEnd();
        }
        services.end(sandbox);
        return serving ? 0 : 1;
    }

    private static boolean serve(
            ShimServices services, Sandbox sandbox, LoadedConfig configuration) {
        try {
            return Waited.untilInterrupted(() -> services.serve(sandbox, configuration));
        } catch (IOException e) {
            LOG.error("the daemon cannot serve", "error", e);
            return false;
        }
    }

    private LoadedConfig configuration(GuardStart start, OciSpec spec) throws ConfigException {
        Path installDirectory = installation();
        StartOptions options = StartOptions.parse(start.bootstrap(), arguments.id());
        LoadedConfig loaded =
                AnnotationOverrides.apply(
                        new ConfigLoader(installDirectory)
                                .load(options.configPath(), System.getenv()),
                        spec.annotations());
        if (loaded.config().runtime().enableDebug()) {
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
            ShimServices services) {
        AgentConnector agents = services.agents(configuration.config());
        QemuHypervisor qemu =
                QemuHypervisor.of(host, parent(identity.runDirectory()), System.getenv());
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
                                        clock))
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
        sandbox.boot(spec);
        return sandbox;
    }

    /** The directory of all sandboxes; a run directory is never a root. */
    private static Path parent(Path runDirectory) {
        return Objects.requireNonNull(runDirectory.getParent());
    }

    /** The directory that holds {@code bin}, {@code lib} and {@code share}. */
    static Path installation() {
        return Path.of(System.getProperty("saya.home", "/usr"));
    }
}
