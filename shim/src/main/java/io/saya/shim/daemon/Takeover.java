package io.saya.shim.daemon;

import io.saya.agent.AgentSuccession;
import io.saya.agent.GuestDetails;
import io.saya.agent.KataAgent;
import io.saya.config.load.LoadedConfig;
import io.saya.failure.RuntimeFailure;
import io.saya.guest.GuestLaunch;
import io.saya.guest.SandboxCgroup;
import io.saya.guest.SandboxIdentity;
import io.saya.guest.StartClock;
import io.saya.host.guard.GuardHost;
import io.saya.json.JsonObject;
import io.saya.log.Log;
import io.saya.oci.OciSpec;
import io.saya.sandbox.Sandbox;
import io.saya.shim.metrics.SandboxCounts;
import io.saya.shim.service.SandboxTaskService;
import io.saya.task.Tasks;
import io.saya.ttrpc.HeldClient;
import io.saya.ttrpc.TtrpcServer;
import io.saya.ttrpc.transport.DescriptorOffer;
import io.saya.ttrpc.transport.Transport;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Takes a sandbox over from the daemon that serves it ({@link HandOver}). That one lives until the
 * guard has been asked for its place: before, nothing is sent to the guest or to containerd, and
 * whatever fails leaves the sandbox as it was.
 */
final class Takeover {
    private static final Log LOG = Log.of("upgrade");

    /** For the daemon before to let calls, events and output come to rest. */
    private static final Duration HELD_LIMIT = Duration.ofSeconds(40);

    private final GuardHost host;
    private final SandboxIdentity identity;
    private final ShimServices services;
    private @Nullable Sandbox sandbox;

    Takeover(GuardHost host, SandboxIdentity identity, ShimServices services) {
        this.host = host;
        this.identity = identity;
        this.services = services;
    }

    /** The sandbox, once {@link #carryOut} has come so far. */
    Sandbox sandbox() {
        return Objects.requireNonNull(sandbox);
    }

    /**
     * Takes over and begins to serve.
     *
     * @throws IOException or RuntimeFailure if it cannot; the daemon before goes on
     */
    void carryOut(OciSpec spec, LoadedConfig configuration, StartClock clock)
            throws IOException, InterruptedException {
        Transport transport = services.open();
        load();
        Path directory = identity.runDirectory();
        List<Integer> descriptors =
                DescriptorOffer.take(transport, directory.resolve(HandOver.SOCKET), HELD_LIMIT);
        if (descriptors.isEmpty()) {
            throw new IOException("the daemon that serves has kept the sandbox");
        }
        Succession succession = Succession.read(directory, descriptors);
        JsonObject told = succession.tasks().sandbox();
        Sandbox standing = standing(host, identity, services, configuration, clock);
        sandbox = standing;
        standing.standing(told, spec);
        Tasks tasks = services.tasks(standing, configuration);
        if (!RelayedSocket.isRelayed(directory)) {
            tasks.endWithDaemon();
        }
        tasks.standing(succession.tasks().containers());
        SandboxCounts counts = services.counts(standing);
        counts.restarts(host.takeOver());
        GuestDetails details = Succession.agent(told);
        standing.goOn(
                AgentSuccession.goOn(
                        transport,
                        succession.tasks().agent(),
                        details,
                        configuration.config().agent().timeouts().createContainer(),
                        counts),
                details);
        tasks.goOn();
        Succession.clear(directory);
        TtrpcServer server =
                services.serve(
                        standing,
                        tasks,
                        counts,
                        configuration,
                        RelayedSocket.handedOver(
                                host,
                                directory,
                                succession.server().listener(),
                                RelayedSocket.restarts(configuration.config())));
        server.goOn(succession.server().connections());
        LOG.info(
                "the sandbox is taken over",
                "containers",
                tasks.all().size(),
                "nobody_served_ms",
                System.currentTimeMillis() - succession.heldAt());
    }

    /** A sandbox that another daemon has made; nothing of it is known yet. */
    static Sandbox standing(
            GuardHost host,
            SandboxIdentity identity,
            ShimServices services,
            LoadedConfig configuration,
            StartClock clock)
            throws IOException {
        return new Sandbox(
                new GuestLaunch(
                        identity,
                        configuration.config(),
                        host,
                        ShimDaemon.qemu(host, identity),
                        (_, _, _) -> {
                            throw RuntimeFailure.internal("it is connected already", null);
                        },
                        SandboxCgroup.standing(
                                identity, configuration.config().runtime().sandboxCgroupOnly()),
                        clock),
                services.events());
    }

    /** What is needed while everything is held is loaded before. */
    private static void load() {
        for (Class<?> type :
                List.of(
                        Sandbox.class,
                        Tasks.class,
                        KataAgent.class,
                        HeldClient.class,
                        SandboxTaskService.class,
                        TtrpcServer.class)) {
            try {
                Class.forName(type.getName());
            } catch (ClassNotFoundException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
