package io.saya.sandbox;

import io.saya.agent.Agent;
import io.saya.failure.RuntimeFailure;
import io.saya.proto.agent.StatsContainerResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What a container uses, as the guest tells it. One question is under way at a time, and whoever
 * asks while the guest does not answer gets what it told last: the figures of a node are collected
 * one container after the other, and a guest that hangs must not hold up those of all others.
 * Thread safe.
 */
final class ContainerFigures {

    /** How long an answer may take before the last one has to do. */
    private static final Duration FRESH_LIMIT = Duration.ofSeconds(1);

    /** The limit where there is none yet; the call to the agent has one of its own below it. */
    private static final Duration FIRST_LIMIT = Duration.ofSeconds(15);

    private final String containerId;
    private @Nullable StatsContainerResponse last;
    private @Nullable CompletableFuture<StatsContainerResponse> asked;
    private long askedNanos;

    ContainerFigures(String containerId) {
        this.containerId = containerId;
    }

    /**
     * The figures, at most as old as the last question that the guest answered. Blocks.
     *
     * @throws RuntimeFailure what the agent says, or DEADLINE_EXCEEDED where it has never answered
     */
    StatsContainerResponse now(Agent agent) {
        CompletableFuture<StatsContainerResponse> answer;
        StatsContainerResponse known;
        long left;
        synchronized (this) {
            answer = asked;
            if (answer == null || answer.isDone()) {
                answer = ask(agent);
            }
            known = last;
            Duration limit = known == null ? FIRST_LIMIT : FRESH_LIMIT;
            left = Math.max(0, askedNanos + limit.toNanos() - System.nanoTime());
        }
        try {
            StatsContainerResponse fresh = answer.get(left, TimeUnit.NANOSECONDS);
            remember(fresh);
            return fresh;
        } catch (TimeoutException e) {
            if (known != null) {
                return known;
            }
            throw RuntimeFailure.deadlineExceeded(
                    "the guest does not tell what container " + containerId + " uses", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeFailure failure
                    ? new RuntimeFailure(failure.kind(), failure.getMessage(), failure)
                    : RuntimeFailure.internal("figures of container " + containerId, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw RuntimeFailure.unavailable("interrupted", e);
        }
    }

    private synchronized void remember(StatsContainerResponse fresh) {
        last = fresh;
    }

    private CompletableFuture<StatsContainerResponse> ask(Agent agent) {
        CompletableFuture<StatsContainerResponse> answer = new CompletableFuture<>();
        asked = answer;
        askedNanos = System.nanoTime();
        Thread.ofVirtual()
                .name("figures of " + containerId)
                .start(
                        () -> {
                            try {
                                answer.complete(agent.stats(containerId));
                            } catch (RuntimeException e) {
                                answer.completeExceptionally(e);
                            }
                        });
        return answer;
    }
}
