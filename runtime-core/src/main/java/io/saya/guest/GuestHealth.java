package io.saya.guest;

import io.saya.agent.Agent;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Notices a guest that is there and does nothing: QEMU stopped by a signal, an agent that does not
 * answer. A process that has ended is noticed at once, elsewhere. The bounds: a stopped QEMU within
 * three periods, a deaf agent within {@code health_check_request_timeout_ms} and four periods. The
 * agent's is counted as {@link GuestTime}: one that gets no processor or no memory is warned of and
 * lives on.
 */
public final class GuestHealth {

    /**
     * The time between two looks. A look costs the read of one small file, a question to the agent
     * some more.
     */
    private static final Duration PERIOD = Duration.ofSeconds(2);

    /**
     * How many looks there are between two questions to the agent, which cost the guest a little.
     */
    private static final int LOOKS_PER_CHECK = 3;

    /** The limit that travels with a question; what is decided here comes long before. */
    private static final Duration QUESTION_LIMIT = Duration.ofHours(1);

    private static final Log LOG = Log.of("health");

    private final long vmmPid;
    private final GuestTime time;
    private final Duration period;
    private final Supplier<Optional<Agent>> agent;
    private final Consumer<Agent> eachLook;
    private final Duration agentTimeout;
    private final CompletableFuture<?> end;

    /** Told once, not every two seconds. */
    private boolean lookFailed;

    /**
     * @param agent the agent, once it has answered; until then only the process is looked at
     * @param eachLook what else is to be looked at then, without blocking
     * @param agentTimeout how long it may take to answer, in the time that its guest can use
     * @param end done when there is nothing left to look after
     */
    public GuestHealth(
            long vmmPid,
            Supplier<Optional<Agent>> agent,
            Consumer<Agent> eachLook,
            Duration agentTimeout,
            CompletableFuture<?> end) {
        this(vmmPid, GuestTime.of(vmmPid), PERIOD, agent, eachLook, agentTimeout, end);
    }

    GuestHealth(
            long vmmPid,
            GuestTime time,
            Duration period,
            Supplier<Optional<Agent>> agent,
            Consumer<Agent> eachLook,
            Duration agentTimeout,
            CompletableFuture<?> end) {
        this.vmmPid = vmmPid;
        this.time = time;
        this.period = period;
        this.agent = agent;
        this.eachLook = eachLook;
        this.agentTimeout = agentTimeout;
        this.end = end;
    }

    /** Blocks until the guest is found lost, and says why, or until the end. */
    public StopCause watch() {
        int stoppedLooks = 0;
        @Nullable Question question = null;
        for (int look = 1; !ended(); look++) {
            stoppedLooks = stopped() ? stoppedLooks + 1 : 0;
            if (stoppedLooks == 2) {
                return new StopCause.VmLost("QEMU (pid " + vmmPid + ") is stopped by a signal");
            }
            if (question != null) {
                String failure = question.failure();
                if (!failure.isEmpty()) {
                    return new StopCause.AgentLost("health check: " + failure);
                }
                question = question.answer.isDone() ? null : question;
            }
            Optional<Agent> answering = agent.get();
            answering.ifPresent(this::lookAt);
            if (look % LOOKS_PER_CHECK == 0 && question == null && answering.isPresent()) {
                question = new Question(answering.get());
            }
        }
        return new StopCause.Requested();
    }

    /** What else is looked at must not keep a hanging guest from being noticed. */
    private void lookAt(Agent answering) {
        try {
            eachLook.accept(answering);
            lookFailed = false;
        } catch (RuntimeException | Error e) {
            if (!lookFailed) {
                LOG.error("what the guest is to be told is not looked at", "error", e);
            }
            lookFailed = true;
        }
    }

    /**
     * A question to the agent, in a thread of its own: a stopped QEMU must not go unnoticed while
     * the agent has time left to answer.
     */
    private final class Question {
        private final CompletableFuture<Void> answer = new CompletableFuture<>();
        private final GuestTime.Wait wait = time.awaitHoweverLong(agentTimeout);
        private boolean warned;

        Question(Agent questioned) {
            Thread.ofVirtual().name("health check").start(() -> ask(questioned));
        }

        private void ask(Agent questioned) {
            try {
                questioned.check(QUESTION_LIMIT);
                answer.complete(null);
            } catch (RuntimeException | Error e) {
                answer.completeExceptionally(e);
            }
        }

        /** Why the agent is lost; empty while it is not. */
        String failure() {
            if (answer.isCompletedExceptionally()) {
                return String.valueOf(answer.exceptionNow().getMessage());
            }
            if (answer.isDone()) {
                return "";
            }
            if (wait.exhausted()) {
                return "no answer within "
                        + agentTimeout.toMillis()
                        + " ms in which the guest could run ("
                        + wait.clockTime().toMillis()
                        + " ms by the clock)";
            }
            if (!warned && wait.clockTime().compareTo(agentTimeout) > 0) {
                warned = true;
                LOG.warn(
                        "the agent does not answer, and QEMU hardly gets a processor, or memory:"
                                + " the host or the pod's cgroup is short of it; the guest is given"
                                + " the time that it needs",
                        "pid",
                        vmmPid,
                        "waited_ms",
                        wait.clockTime().toMillis());
            }
            return "";
        }
    }

    private boolean ended() {
        return !(Waited.on(end, period) instanceof Waited.TimedOut);
    }

    /** True if the state of the VMM's process in {@code /proc/pid/stat} is T or t. */
    private boolean stopped() {
        try {
            String stat = Files.readString(Path.of("/proc/" + vmmPid + "/stat"));
            char state = stat.charAt(stat.lastIndexOf(')') + 2);
            return state == 'T' || state == 't';
        } catch (IOException e) {
            return false;
        }
    }
}
