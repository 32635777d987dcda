package io.saya.sandbox;

import io.saya.agent.Agent;
import io.saya.failure.RuntimeFailure;
import io.saya.sandbox.SandboxState.StopCause;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Notices a guest that is there and yet gone: QEMU stopped by a signal, an agent that does not
 * answer. A process that has ended is noticed at once, elsewhere. The bounds: a stopped QEMU within
 * three periods, a deaf agent within {@code health_check_request_timeout_ms} and three periods.
 */
final class GuestHealth {

    /** Between two looks; each costs the read of one small file. */
    private static final Duration PERIOD = Duration.ofSeconds(2);

    /** Looks between two questions to the agent, which cost the guest a little. */
    private static final int LOOKS_PER_CHECK = 3;

    private final long vmmPid;
    private final Supplier<Optional<Agent>> agent;
    private final Duration agentTimeout;
    private final CompletableFuture<?> end;

    /**
     * @param agent the agent, once it has answered; until then only the process is looked at
     * @param end done when there is nothing left to look after
     */
    GuestHealth(
            long vmmPid,
            Supplier<Optional<Agent>> agent,
            Duration agentTimeout,
            CompletableFuture<?> end) {
        this.vmmPid = vmmPid;
        this.agent = agent;
        this.agentTimeout = agentTimeout;
        this.end = end;
    }

    /** Blocks until the guest is found lost, and says why, or until the end. */
    StopCause watch() {
        int stoppedLooks = 0;
        CompletableFuture<Void> check = CompletableFuture.completedFuture(null);
        for (int look = 1; !ended(); look++) {
            stoppedLooks = stopped() ? stoppedLooks + 1 : 0;
            if (stoppedLooks == 2) {
                return new StopCause.VmLost("QEMU (pid " + vmmPid + ") is stopped by a signal");
            }
            if (check.isCompletedExceptionally()) {
                return new StopCause.AgentLost(
                        "health check: " + check.exceptionNow().getMessage());
            }
            Optional<Agent> answering = agent.get();
            if (look % LOOKS_PER_CHECK == 0 && check.isDone() && answering.isPresent()) {
                check = startCheck(answering.get());
            }
        }
        return new StopCause.Requested();
    }

    /**
     * In a thread of its own: a stopped QEMU must not go unnoticed while the agent has time left to
     * answer.
     */
    private CompletableFuture<Void> startCheck(Agent questioned) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        Thread.ofVirtual()
                .name("health check")
                .start(
                        () -> {
                            try {
                                questioned.check(agentTimeout);
                                answer.complete(null);
                            } catch (RuntimeFailure e) {
                                answer.completeExceptionally(e);
                            }
                        });
        return answer;
    }

    private boolean ended() {
        try {
            end.get(PERIOD.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** Whether the state of the VMM's process in {@code /proc/pid/stat} is T or t. */
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
