package io.saya.container;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.agent.ContainerUsage;
import io.saya.failure.RuntimeFailure;
import io.saya.host.ProcessorTimes;
import io.saya.json.JsonObject;
import io.saya.lifecycle.Waited;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells what a container uses, as the guest says. One question is under way at a time, and a caller
 * that asks while the guest does not answer gets the last answer: the figures of a node are
 * collected one container after the other, and a guest that hangs must not hold up those of all
 * others. Thread safe.
 */
public final class ContainerFigures {

    /**
     * How long an answer may take before the last one has to do. A guest under KVM needs a
     * millisecond or two; a call is to be answered within 100 ms whatever the guest does.
     */
    private static final Duration FRESH_LIMIT = Duration.ofMillis(80);

    /**
     * How long an answer may take where there is no earlier one: in the first moments of a
     * container.
     */
    private static final Duration FIRST_LIMIT = Duration.ofSeconds(2);

    /**
     * How long after the start of a container the first question is asked, though no client wants
     * the answer: from then on there is one, whatever becomes of the guest. Late enough to leave
     * the program's own start alone.
     */
    private static final Duration FIRST_QUESTION = Duration.ofSeconds(1);

    private final String containerId;
    private final Supplier<ContainerUsage> question;
    // One question at a time: so only the thread that asks it is in there.
    private final HostShare share;

    @GuardedBy("this")
    private @Nullable ContainerUsage last;

    @GuardedBy("this")
    private @Nullable Question asked;

    /** A question to the guest, and when it was asked. */
    private record Question(CompletableFuture<ContainerUsage> answer, long askedNanos) {}

    /**
     * @param question blocks until the guest answers; fails with {@link RuntimeFailure}
     * @param vmm what the host has spent for the container's VMM; empty where that is unknown
     */
    public ContainerFigures(
            String containerId,
            Supplier<ContainerUsage> question,
            Supplier<Optional<ProcessorTimes>> vmm) {
        this.containerId = containerId;
        this.question = question;
        this.share = new HostShare(vmm);
    }

    /** Asks for figures soon after the start of the container; does not wait. */
    public void askSoon() {
        Thread.ofVirtual()
                .name("first figures of " + containerId)
                .start(
                        () -> {
                            LockSupport.parkNanos(FIRST_QUESTION.toNanos());
                            askIfUnknown();
                        });
    }

    private synchronized void askIfUnknown() {
        if (last == null && asked == null) {
            var _ = ask();
        }
    }

    /** Describes them for another daemon. */
    public JsonObject held() {
        return share.held();
    }

    /** Goes on with those of another daemon, so that no counter goes back. */
    public void goOn(JsonObject held) {
        share.goOn(held);
    }

    /**
     * Returns the figures, at most as old as the last question that the guest answered. Blocks for
     * at most 80 ms where it has ever answered.
     *
     * @throws RuntimeFailure what the agent says; DEADLINE_EXCEEDED or UNAVAILABLE only where it
     *     has never answered
     */
    public ContainerUsage now() {
        Question question;
        ContainerUsage known;
        Duration left;
        synchronized (this) {
            question = current();
            known = last;
            Duration limit = known == null ? FIRST_LIMIT : FRESH_LIMIT;
            left = limit.minusNanos(System.nanoTime() - question.askedNanos());
        }
        return switch (Waited.on(question.answer(), left)) {
            case Waited.TimedOut() when known != null -> known;
            case Waited.Failed(RuntimeFailure failure) when known != null && silent(failure) ->
                    known;
            case Waited<ContainerUsage> waited -> told(waited);
        };
    }

    /**
     * Returns figures that the guest had not told before this call, for whoever compares them with
     * others of the same moment. Blocks for as long as the guest takes.
     *
     * @param limit for the guest's answer
     * @throws RuntimeFailure what the agent says; DEADLINE_EXCEEDED or UNAVAILABLE if it says
     *     nothing in time
     */
    public ContainerUsage fresh(Duration limit) {
        Question question;
        synchronized (this) {
            question = current();
        }
        return told(Waited.on(question.answer(), limit));
    }

    private ContainerUsage told(Waited<ContainerUsage> waited) {
        return switch (waited) {
            case Waited.Done(ContainerUsage fresh) -> fresh;
            case Waited.TimedOut() ->
                    throw RuntimeFailure.deadlineExceeded(
                            "the guest does not tell what container " + containerId + " uses",
                            null);
            case Waited.Failed<ContainerUsage> failed ->
                    throw failed.failure("figures of container " + containerId);
            case Waited.Interrupted() ->
                    throw RuntimeFailure.unavailable(
                            "interrupted while the guest tells what container "
                                    + containerId
                                    + " uses",
                            null);
        };
    }

    /** The question that is under way, or a new one. */
    @GuardedBy("this")
    private Question current() {
        Question question = asked;
        return question == null || question.answer().isDone() ? ask() : question;
    }

    /** True if the guest has said nothing at all. */
    private static boolean silent(RuntimeFailure failure) {
        return failure.kind() == RuntimeFailure.Kind.UNAVAILABLE
                || failure.kind() == RuntimeFailure.Kind.DEADLINE_EXCEEDED;
    }

    private synchronized void remember(ContainerUsage fresh) {
        last = fresh;
    }

    @GuardedBy("this")
    private Question ask() {
        CompletableFuture<ContainerUsage> answer = new CompletableFuture<>();
        Question made = new Question(answer, System.nanoTime());
        asked = made;
        Thread.ofVirtual()
                .name("figures of " + containerId)
                .start(
                        () -> {
                            try {
                                ContainerUsage told = question.get();
                                ContainerUsage fresh = share.of(told);
                                remember(fresh);
                                answer.complete(fresh);
                            } catch (RuntimeException | Error e) {
                                answer.completeExceptionally(e);
                            }
                        });
        return made;
    }
}
