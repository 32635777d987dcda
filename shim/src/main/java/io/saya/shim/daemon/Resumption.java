package io.saya.shim.daemon;

import io.saya.agent.Agent;
import io.saya.agent.AgentSuccession;
import io.saya.agent.GuestDetails;
import io.saya.config.load.LoadedConfig;
import io.saya.failure.RuntimeFailure;
import io.saya.guest.SandboxIdentity;
import io.saya.guest.StartClock;
import io.saya.host.guard.GuardHost;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.json.JsonObject;
import io.saya.log.Log;
import io.saya.oci.OciSpec;
import io.saya.sandbox.Sandbox;
import io.saya.shim.metrics.SandboxCounts;
import io.saya.task.StandingTasks;
import io.saya.task.Tasks;
import io.saya.ttrpc.transport.Transport;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Goes on with the sandbox of a daemon that has died: of what that one has written down, with QEMU,
 * virtiofsd and containerd's connections, which the guard has. There is nobody who could go on
 * instead: whatever fails ends the sandbox.
 */
final class Resumption {
    private static final Log LOG = Log.of("restart");

    /** For the agent to notice who speaks now; the guard waits for 20 s in all. */
    private static final Duration AGENT_LIMIT = Duration.ofSeconds(10);

    private final GuardHost host;
    private final SandboxIdentity identity;
    private final ShimServices services;
    private @Nullable Sandbox sandbox;

    Resumption(GuardHost host, SandboxIdentity identity, ShimServices services) {
        this.host = host;
        this.identity = identity;
        this.services = services;
    }

    /** The sandbox, once {@link #carryOut} has come so far. */
    Sandbox sandbox() {
        return Objects.requireNonNull(sandbox);
    }

    /**
     * Takes everything over and begins to serve.
     *
     * @throws IOException or RuntimeFailure if it cannot
     */
    void carryOut(OciSpec spec, LoadedConfig configuration, StartClock clock)
            throws IOException, InterruptedException {
        Laps laps = new Laps();
        Transport transport = services.open();
        Path directory = identity.runDirectory();
        StandingTasks standing = StandingTasks.read(directory);
        laps.done("records_ms");
        JsonObject told = standing.sandbox();
        Sandbox resumed = Takeover.standing(host, identity, services, configuration, clock);
        sandbox = resumed;
        resumed.standing(told, spec);
        Tasks tasks = services.tasks(resumed, configuration);
        tasks.standing(standing.containers());
        SandboxCounts counts = services.counts(resumed);
        int restarts = host.takeOver();
        counts.restarts(restarts);
        laps.done("taken_over_ms");
        GuestDetails details = Succession.agent(told);
        Agent agent = agent(resumed, transport, details, configuration, counts);
        laps.done("agent_ms");
        resumed.goOn(agent, details);
        tasks.goOn();
        Succession.clear(directory);
        var _ =
                services.serve(
                        resumed,
                        tasks,
                        counts,
                        configuration,
                        RelayedSocket.again(
                                host, directory, RelayedSocket.restarts(configuration.config())));
        host.ready();
        laps.done("serves_ms");
        LOG.warn(
                "the daemon before has died; the sandbox goes on",
                laps.with("containers", tasks.all().size(), "restarts", restarts));
    }

    /** How long each part took. */
    private static final class Laps {
        private final List<Object> fields = new ArrayList<>();
        private long last = System.nanoTime();

        void done(String part) {
            long now = System.nanoTime();
            fields.addAll(List.of(part, TimeUnit.NANOSECONDS.toMillis(now - last)));
            last = now;
        }

        Object[] with(Object... more) {
            fields.addAll(List.of(more));
            return fields.toArray();
        }
    }

    private static Agent agent(
            Sandbox sandbox,
            Transport transport,
            GuestDetails details,
            LoadedConfig configuration,
            SandboxCounts counts) {
        if (!(sandbox.agentEndpoint().orElseThrow()
                instanceof AgentEndpoint.SerialPort(Path port, var _))) {
            throw RuntimeFailure.failedPrecondition("the agent is not at a serial port");
        }
        return AgentSuccession.reconnect(
                transport,
                port,
                details,
                configuration.config().agent().timeouts().createContainer(),
                counts,
                AGENT_LIMIT);
    }
}
