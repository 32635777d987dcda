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
 * @param late containers whose figures did not come in time
 */
record GuestReading(
        boolean answered,
        Optional<GuestMetrics> metrics,
        Map<Container, ContainerUsage> containers,
        int late) {

    /** Containers that are shown; a pod has a handful. */
    static final int CONTAINERS = 64;

    /** Limit for the guest's part of a scrape, so that the whole takes less than 5 s. */
    private static final Duration LIMIT = Duration.ofSeconds(2);

    private static final GuestReading NOTHING =
            new GuestReading(false, Optional.empty(), Map.of(), 0);

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
            asked.put(
                    container,
                    ask("container metrics", () -> tasks.freshStats(container.id(), LIMIT)));
        }
        if (!(within(metrics, deadline) instanceof Waited.Done(Optional<GuestMetrics> told))) {
            return NOTHING;
        }
        Map<Container, ContainerUsage> containers = new LinkedHashMap<>();
        int late = 0;
        for (Map.Entry<Container, CompletableFuture<ContainerUsage>> each : asked.entrySet()) {
            switch (within(each.getValue(), deadline)) {
                case Waited.Done(ContainerUsage figures) -> containers.put(each.getKey(), figures);
                // One that has ended, or is just being made, uses nothing.
                case Waited.Failed(RuntimeFailure failure) when !silent(failure) -> {}
                case Waited.Failed<ContainerUsage> _,
                        Waited.TimedOut<ContainerUsage> _,
                        Waited.Interrupted<ContainerUsage> _ ->
                        late++;
            }
        }
        return new GuestReading(true, told, containers, late);
    }

    /** Whether what is known is of all containers, so that sums of it mean something. */
    boolean whole(int all) {
        return answered && late == 0 && all <= CONTAINERS;
    }

    /** Empty where the agent has none; fails where it does not answer. */
    private static Optional<GuestMetrics> metrics(Agent agent) {
        try {
            return Optional.of(agent.metrics(LIMIT));
        } catch (RuntimeFailure e) {
            if (silent(e)) {
                throw e;
            }
            return Optional.empty();
        }
    }

    private static boolean silent(RuntimeFailure failure) {
        return failure.kind() == RuntimeFailure.Kind.UNAVAILABLE
                || failure.kind() == RuntimeFailure.Kind.DEADLINE_EXCEEDED;
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

    private static <T> Waited<T> within(CompletableFuture<T> answer, long deadline) {
        return Waited.on(answer, Duration.ofNanos(deadline - System.nanoTime()));
    }
}
