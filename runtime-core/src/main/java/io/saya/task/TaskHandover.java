package io.saya.task;

import io.saya.agent.Agent;
import io.saya.container.Container;
import io.saya.container.ContainerProcess;
import io.saya.container.ProcessState;
import io.saya.failure.RuntimeFailure;
import io.saya.io.HeldStdio;
import io.saya.io.HeldStream;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import io.saya.sandbox.Sandbox;
import io.saya.sandbox.TaskTable;
import io.saya.ttrpc.HeldClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The sandbox and its containers as they are handed over to another daemon ({@link TaskSuccession}
 * goes on with them). Only what rests can be handed over: every process that lives is waited for
 * and read from, and nothing of its output is on its way.
 */
public final class TaskHandover {
    private final Sandbox sandbox;
    private final TaskTable table;
    private final TaskDescription description;

    /** The handover of this sandbox. */
    public TaskHandover(Sandbox sandbox) {
        this.sandbox = sandbox;
        this.table = sandbox.tasks();
        this.description = new TaskDescription(sandbox);
    }

    /**
     * What another daemon needs to know.
     *
     * @param sandbox the guest and what is around it
     * @param containers those that there are, oldest first
     * @param agent the connection to the agent
     */
    public record Held(JsonObject sandbox, JsonArray containers, HeldClient agent) {

        /** True if streams go by position, which not every daemon knows how to go on with. */
        public boolean counted() {
            for (JsonObject container : containers.objects()) {
                List<JsonObject> processes =
                        new ArrayList<>(container.array("execs").orElse(JsonArray.EMPTY).objects());
                container.object("init").ifPresent(processes::add);
                if (processes.stream().anyMatch(one -> TaskDescription.stdio(one).counted())) {
                    return true;
                }
            }
            return false;
        }
    }

    /**
     * Says whether the sandbox can be handed over at all, so that nobody waits for a rest that is
     * of no use. Holds nothing and does not block.
     *
     * @throws RuntimeFailure FAILED_PRECONDITION, with what keeps it from being handed over however
     *     long one waits
     */
    public void check() {
        sandbox.checkHandover();
        for (Container container : table.all()) {
            TaskDescription.check(container);
        }
    }

    /**
     * Holds everything until {@link #release}: output stays in the guest, and no exit is noticed.
     * No request of a client may be under way. Blocks until nothing is on its way, for this long at
     * most.
     *
     * @throws RuntimeFailure FAILED_PRECONDITION, and nothing is held, with what keeps the sandbox
     *     from being handed over
     */
    public Held hold(Duration limit) {
        check();
        Agent agent = sandbox.guest().requireAgent();
        AtomicReference<@Nullable JsonArray> described = new AtomicReference<>();
        AtomicReference<@Nullable RuntimeFailure> obstacle = new AtomicReference<>();
        Optional<HeldClient> connection;
        try {
            connection =
                    agent.hold(
                            (waits, reads) -> {
                                try {
                                    obstacle.set(null);
                                    described.set(describe(waits, reads));
                                } catch (RuntimeFailure e) {
                                    obstacle.set(e);
                                    described.set(null);
                                }
                                return described.get() != null;
                            },
                            limit);
        } catch (RuntimeException | Error e) {
            releaseStreams();
            throw e;
        }
        JsonArray containers = described.get();
        if (connection.isEmpty() || containers == null) {
            releaseStreams();
            RuntimeFailure why = obstacle.get();
            throw why != null
                    ? why
                    : RuntimeFailure.failedPrecondition(
                            "something is under way for more than "
                                    + limit.toMillis()
                                    + " ms: output that nobody reads, or a call to the guest");
        }
        try {
            return new Held(sandbox.hold(), containers, connection.get());
        } catch (RuntimeException | Error e) {
            agent.release();
            releaseStreams();
            throw e;
        }
    }

    /** Goes on after {@link #hold}: nobody has taken over. */
    public void release() {
        sandbox.goOnHere();
        releaseStreams();
        sandbox.guest().agent().ifPresent(Agent::release);
    }

    private void releaseStreams() {
        for (Container container : table.all()) {
            container.init().stdio().release();
            for (ContainerProcess exec : description.execs(container)) {
                exec.stdio().release();
            }
        }
    }

    /** Null if something is on its way: the calls without an answer are not those that must be. */
    private @Nullable JsonArray describe(int waits, int reads) {
        Counted counted = new Counted();
        List<JsonValue> all = new ArrayList<>();
        for (Container container : table.all()) {
            JsonObject one =
                    description.of(
                            container, (process, state) -> describe(process, state, counted));
            if (one == null) {
                return null;
            }
            all.add(one);
        }
        return counted.live == waits && counted.reading == reads ? new JsonArray(all) : null;
    }

    private static final class Counted {
        private int live;
        private int reading;
    }

    /** Null if something of it is on its way, or its client has it in hand. */
    private static @Nullable HeldStdio describe(
            ContainerProcess process, ProcessState state, Counted counted) {
        switch (state) {
            case ProcessState.Created() -> {
                if (!process.isInit()) {
                    return null; // its client starts it, or deletes it
                }
                counted.live++;
            }
            case ProcessState.Running() -> counted.live++;
            case ProcessState.Stopped _ -> {}
            case ProcessState.Starting() -> {
                return null;
            }
        }
        HeldStdio streams;
        try {
            streams = process.stdio().hold();
        } catch (RuntimeFailure e) {
            throw new RuntimeFailure(e.kind(), process.describe() + ": " + e.getMessage(), e);
        }
        if (streams != null) {
            counted.reading += reading(streams.stdout()) + reading(streams.stderr());
        }
        return streams;
    }

    private static int reading(HeldStream stream) {
        return stream.stage() == HeldStream.Stage.READING ? 1 : 0;
    }
}
