package io.saya.shim.event;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.event.EventSink;
import io.saya.event.TaskEvent;
import io.saya.lifecycle.SupervisedLoop;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.ttrpc.transport.Transport;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Delivers events one after the other, in the order in which they were published, however often
 * containerd goes away and comes back: an event is retried until it is taken, and those behind it
 * wait. containerd serves the requests of a connection side by side, so a second event is sent only
 * when the first was answered.
 *
 * <p>An event whose answer was lost with the connection is sent again: at least once, not exactly
 * once. Thread safe; {@link #publish} never waits.
 */
public final class EventPublisher implements EventSink, AutoCloseable {
    private static final Log LOG = Log.of("events");

    /**
     * Events that may wait. When more come, the oldest are given up: the last state counts most.
     */
    static final int QUEUE_EVENTS = 2048;

    /** Limit on how often containerd may refuse an event while it is reachable. */
    static final int REFUSALS = 5;

    /** Limit for {@link #close()} to deliver what waits (as containerd's own shims do). */
    static final Duration FLUSH_LIMIT = Duration.ofSeconds(5);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    private record Pending(TaskEvent event, Instant at) {}

    private final String namespace;
    private final Supplier<EventForwarder> forwarder;
    private final Thread sender;

    private volatile @Nullable Consumer<TaskEvent> observer;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final ArrayDeque<Pending> queue = new ArrayDeque<>();

    @GuardedBy("lock")
    private long givenUp;

    @GuardedBy("lock")
    private boolean delivering;

    @GuardedBy("lock")
    private boolean started;

    @GuardedBy("lock")
    private boolean closing;

    @GuardedBy("lock")
    private long closeDeadline;

    /**
     * @param namespace containerd's namespace of the sandbox
     * @param forwarder asked for once, at the first event, by the thread that sends; closed by the
     *     publisher
     */
    EventPublisher(String namespace, Supplier<EventForwarder> forwarder) {
        this.namespace = namespace;
        this.forwarder = forwarder;
        this.sender = Thread.ofVirtual().name("events").unstarted(this::run);
    }

    /**
     * Makes the publisher of a sandbox. It costs nothing before the first event.
     *
     * @param ttrpcAddress containerd's ttrpc socket ({@code TTRPC_ADDRESS}); without one the
     *     command {@code publish} of containerd's program is used
     * @param binary containerd's program
     * @param address containerd's gRPC socket
     * @param transport may complete later
     */
    public static EventPublisher to(
            String namespace,
            @Nullable String ttrpcAddress,
            String binary,
            String address,
            CompletableFuture<Transport> transport) {
        return new EventPublisher(
                namespace,
                () ->
                        ttrpcAddress == null || ttrpcAddress.isEmpty()
                                ? new CommandForwarder(binary, address)
                                : new TtrpcForwarder(transport.join(), Path.of(ttrpcAddress)));
    }

    /**
     * Tells {@code observer} each event from now on, in order, under the lock of its sandbox: it
     * must return at once.
     */
    public void observedBy(Consumer<TaskEvent> observer) {
        this.observer = observer;
    }

    @Override
    public void publish(TaskEvent event) {
        Consumer<TaskEvent> told = observer;
        if (told != null) {
            told.accept(event);
        }
        Instant now = Instant.now();
        lock.lock();
        try {
            if (queue.size() == QUEUE_EVENTS) {
                queue.removeFirst();
                givenUp++;
            }
            queue.add(new Pending(event, now));
            if (!started) {
                started = true;
                sender.start();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until containerd has taken every event.
     *
     * @return false if it has not within {@code limit}
     */
    public boolean awaitEmpty(Duration limit) {
        return Waited.happens(limit, this::emptyWithin);
    }

    private boolean emptyWithin(long nanos) throws InterruptedException {
        lock.lock();
        try {
            for (long left = nanos; left > 0 && (delivering || !queue.isEmpty()); ) {
                left = changed.awaitNanos(left);
            }
            return !delivering && queue.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Delivers what waits, within {@link #FLUSH_LIMIT}; what cannot be delivered then is logged.
     * Events that are published later are not delivered.
     */
    @Override
    public void close() {
        lock.lock();
        try {
            if (!started) {
                return;
            }
            if (!closing) {
                closing = true;
                closeDeadline = System.nanoTime() + FLUSH_LIMIT.toNanos();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (!Waited.happens(
                FLUSH_LIMIT.multipliedBy(2), nanos -> sender.join(Duration.ofNanos(nanos)))) {
            LOG.error("events could not be flushed in time");
        }
    }

    private void run() {
        SupervisedLoop.run(
                LOG,
                "events are not delivered",
                () -> {
                    if (!isOver()) {
                        deliverAll();
                    }
                    return false;
                });
        if (Thread.currentThread().isInterrupted()) {
            // Nobody interrupts this thread; it would be the end of publishing.
            LOG.error("event publisher interrupted");
        }
    }

    private boolean isOver() {
        lock.lock();
        try {
            return closing && System.nanoTime() - closeDeadline >= 0;
        } finally {
            lock.unlock();
        }
    }

    private void deliverAll() throws InterruptedException {
        try (EventForwarder containerd = forwarder.get()) {
            for (Pending pending = next(); pending != null; pending = next()) {
                try {
                    deliver(pending, containerd);
                } catch (RuntimeException | Error e) {
                    // Nobody has thought of it; the exits behind it are waited for all the same.
                    LOG.error("event given up", "event", pending.event(), "error", e);
                }
            }
        }
    }

    private void deliver(Pending pending, EventForwarder containerd) throws InterruptedException {
        var envelope = EventEnvelopes.of(namespace, pending.event(), pending.at());
        Duration pause = FIRST_PAUSE;
        int refusals = 0;
        for (int attempt = 1; ; attempt++) {
            try {
                containerd.forward(envelope);
                if (attempt > 1) {
                    LOG.info("events are delivered again", "attempts", attempt);
                }
                return;
            } catch (ForwardFailure e) {
                if (attempt == 1) {
                    LOG.warn(
                            "event not delivered; retrying",
                            "topic",
                            envelope.getTopic(),
                            "error",
                            e);
                }
                if (e.isRefusal() && ++refusals == REFUSALS) {
                    LOG.error("event given up", "event", pending.event(), "error", e);
                    return;
                }
            }
            if (!pauseUnlessOver(pause)) {
                LOG.error("event not delivered before the end", "event", pending.event());
                return;
            }
            pause = pause.multipliedBy(2);
            if (pause.compareTo(LONGEST_PAUSE) > 0) {
                pause = LONGEST_PAUSE;
            }
        }
    }

    /** The next event; null when the publisher is closed and nothing waits or its time is over. */
    private @Nullable Pending next() throws InterruptedException {
        lock.lock();
        try {
            delivering = false;
            changed.signalAll();
            while (queue.isEmpty() && !closing) {
                changed.await();
            }
            if (givenUp > 0) {
                LOG.error(
                        "events were given up: containerd is away for too long", "events", givenUp);
                givenUp = 0;
            }
            if (closing && System.nanoTime() - closeDeadline >= 0) {
                if (!queue.isEmpty()) {
                    LOG.error("events not delivered before the end", "events", queue.size());
                }
                return null;
            }
            delivering = true;
            return queue.poll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits before the next attempt; false if there is no time for one any more. */
    private boolean pauseUnlessOver(Duration pause) throws InterruptedException {
        lock.lock();
        try {
            long end = System.nanoTime() + pause.toNanos();
            for (long left = pause.toNanos(); left > 0; left = end - System.nanoTime()) {
                if (closing && System.nanoTime() - closeDeadline >= 0) {
                    return false;
                }
                long bound = closing ? Math.min(left, closeDeadline - System.nanoTime()) : left;
                changed.await(Math.max(bound, 1), TimeUnit.NANOSECONDS);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }
}
