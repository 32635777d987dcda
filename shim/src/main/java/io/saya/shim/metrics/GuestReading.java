package io.saya.shim.metrics;

import io.saya.agent.Agent;
import io.saya.agent.ContainerUsage;
import io.saya.agent.GuestMetrics;
import io.saya.container.Container;
import io.saya.failure.RuntimeFailure;
import io.saya.lifecycle.Waited;
import io.saya.sandbox.Sandbox;
import io.saya.task.Tasks;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * What the guest answered to one scrape: everything is asked at once, and what has not come within
 * {@link #LIMIT} is left out.
 *
 * @param answered whether the agent answered at all, be it that it has no metrics
 * @param metrics what it tells of itself and the guest
 * @param containers what each uses, for those that are shown
 */
record GuestReading(
        boolean answered,
        Optional<GuestMetrics> metrics,
        Map<Container, ContainerUsage> containers) {

    /** Containers that are shown; a pod has a handful. */
    static final int CONTAINERS = 64;

    /** Limit for the guest's part of a scrape, so that the whole takes less than 5 s. */
    private static final Duration LIMIT = Duration.ofSeconds(2);

    private static final GuestReading NOTHING = new GuestReading(false, Optional.empty(), Map.of());

    /** Asks and waits. The virtual threads that ask end with their calls' own limits. */
    static GuestReading of(Sandbox sandbox, Tasks tasks) {
        Optional<Agent> agent = sandbox.guest().agent();
        if (agent.isEmpty() || !sandbox.live()) {
            return NOTHING;
        }
        long deadline = System.nanoTime() + LIMIT.toNanos();
        CompletableFuture<Optional<GuestMetrics>> metrics =
                ask("guest metrics", () -> metrics(agent.get()));
        List<Container> shown = sandbox.tasks().all();
        Map<Container, CompletableFuture<ContainerUsage>> asked = new LinkedHashMap<>();
        for (Container container : shown.subList(0, Math.min(CONTAINERS, shown.size()))) {
            asked.put(container, ask("container metrics", () -> tasks.stats(container.id())));
        }
        Optional<Optional<GuestMetrics>> told = within(metrics, deadline);
        if (told.isEmpty()) {
            // What a container used a moment ago would pass for what it uses now.
            return NOTHING;
        }
        Map<Container, ContainerUsage> containers = new LinkedHashMap<>();
        asked.forEach(
                (container, answer) ->
                        within(answer, deadline)
                                .ifPresent(figures -> containers.put(container, figures)));
        return new GuestReading(true, told.get(), containers);
    }

    /** Empty where the agent has none; fails where it does not answer. */
    private static Optional<GuestMetrics> metrics(Agent agent) {
        try {
            return Optional.of(agent.metrics(LIMIT));
        } catch (RuntimeFailure e) {
            if (e.kind() == RuntimeFailure.Kind.UNAVAILABLE
                    || e.kind() == RuntimeFailure.Kind.DEADLINE_EXCEEDED) {
                throw e;
            }
            return Optional.empty();
        }
    }

    private static <T> CompletableFuture<T> ask(String name, Supplier<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        Thread.ofVirtual()
                .name(name)
                .start(
                        () -> {
                            try {
                                answer.complete(question.get());
                            } catch (RuntimeException e) {
                                answer.completeExceptionally(e);
                            }
                        });
        return answer;
    }

    private static <T> Optional<T> within(CompletableFuture<T> answer, long deadline) {
        return Waited.on(answer, Duration.ofNanos(deadline - System.nanoTime()))
                        instanceof Waited.Done(T told)
                ? Optional.of(told)
                : Optional.empty();
    }
}
