package io.saya.shim.daemon;

import io.saya.failure.RuntimeFailure;
import io.saya.host.guard.GuardHost;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.sandbox.Sandbox;
import io.saya.shim.event.EventPublisher;
import io.saya.shim.management.Page;
import io.saya.shim.management.Request;
import io.saya.task.TaskHandover;
import io.saya.ttrpc.HeldServer;
import io.saya.ttrpc.TtrpcServer;
import io.saya.ttrpc.transport.DescriptorOffer;
import io.saya.ttrpc.transport.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Hands the sandbox over to a daemon of another installation, on request of an operator: it is the
 * page {@code /upgrade}. The guard starts that daemon, which loads its classes while this one
 * serves, and then connects to a socket: from there on this one holds everything, writes down what
 * there is, sends the descriptors, and waits for its end. Whatever fails before that, it goes on.
 */
final class HandOver implements Page {
    static final String SOCKET = "successor.sock";

    private static final Log LOG = Log.of("upgrade");

    /** For calls in progress, but those that wait for a process to end. */
    private static final Duration CALLS_LIMIT = Duration.ofSeconds(10);

    private static final Duration EVENTS_LIMIT = Duration.ofSeconds(5);

    /** For output that is on its way to its reader. */
    private static final Duration REST_LIMIT = Duration.ofSeconds(5);

    /** The guard ends a successor that has not taken over after 60 s. */
    private static final Duration SUCCESSOR_LIMIT = Duration.ofSeconds(75);

    /** The one call that may last, and that may be made again: it only asks. */
    private static final String WAIT = "Wait";

    private final GuardHost host;
    private final Sandbox sandbox;
    private final TtrpcServer server;
    private final EventPublisher events;
    private final Transport transport;
    private final TaskHandover tasks;
    private final AtomicBoolean underWay = new AtomicBoolean();

    /** Held by the thread that holds the sandbox for a successor, until it is known who gets it. */
    private final Semaphore holding = new Semaphore(1);

    private volatile String outcome = "none";

    HandOver(
            GuardHost host,
            Sandbox sandbox,
            TtrpcServer server,
            EventPublisher events,
            Transport transport) {
        this.host = host;
        this.sandbox = sandbox;
        this.server = server;
        this.events = events;
        this.transport = transport;
        this.tasks = new TaskHandover(sandbox);
    }

    /** With a directory as content it begins; without, it tells what has become of the last one. */
    @Override
    public Answer answer(Request request) {
        String wanted = request.body().strip();
        if (!wanted.isEmpty()) {
            Path installation = Path.of(wanted);
            if (!installation.isAbsolute() || !Files.isDirectory(installation)) {
                throw new IllegalArgumentException(
                        "installation: "
                                + wanted
                                + " (expected: the directory of an installation)");
            }
            if (!underWay.compareAndSet(false, true)) {
                throw new IllegalStateException("another upgrade of this sandbox is under way");
            }
            outcome = "under way";
            Thread.ofVirtual().name("upgrade").start(() -> carryOut(installation));
        }
        return new Answer("text/plain", outcome + "\n");
    }

    private void carryOut(Path installation) {
        LOG.info("a daemon is started to take over", "installation", installation);
        HoldForSuccessor held = new HoldForSuccessor(this::release);
        String why;
        try {
            why = String.valueOf(attempt(installation, held));
        } catch (RuntimeException | Error e) {
            LOG.error("an upgrade was ended by a fault", "error", e);
            why = e.toString();
        }
        held.end();
        try {
            Succession.discard(sandbox.identity().runDirectory());
        } catch (IOException e) {
            LOG.debug("a file of the upgrade stays", "error", e);
        }
        LOG.warn("the sandbox stays with this daemon", "why", why);
        outcome = "failed: " + why;
        underWay.set(false);
    }

    private void release() {
        tasks.release();
        server.release();
    }

    /** Returns why it has failed; where it succeeds, this process is killed meanwhile. */
    private @Nullable String attempt(Path installation, HoldForSuccessor held) {
        AtomicReference<@Nullable String> obstacle = new AtomicReference<>();
        CompletableFuture<String> ended = new CompletableFuture<>();
        Path socket = sandbox.identity().runDirectory().resolve(SOCKET);
        try {
            tasks.check();
        } catch (RuntimeFailure e) {
            return e.getMessage(); // nothing was held, and no successor started
        }
        AtomicReference<String> why = new AtomicReference<>("interrupted");
        try {
            Files.deleteIfExists(socket);
            boolean _ =
                    Waited.untilInterrupted(
                            () -> {
                                try (var _ =
                                        DescriptorOffer.open(
                                                transport, socket, () -> hold(obstacle, held))) {
                                    host.startSuccessor(installation, ended::complete);
                                    why.set(outcome(Waited.on(ended, SUCCESSOR_LIMIT)));
                                }
                            });
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            return e.getMessage();
        }
        String known = obstacle.get();
        return known == null ? why.get() : known;
    }

    private static String outcome(Waited<String> ended) {
        return switch (ended) {
            case Waited.Done(String words) -> "the new daemon has ended: " + words.strip();
            case Waited.TimedOut(), Waited.Failed(var _), Waited.Interrupted() ->
                    "the new daemon has not taken over within "
                            + SUCCESSOR_LIMIT.toSeconds()
                            + " s";
        };
    }

    /** The successor is ready. Returns the descriptors for it; none if it is not to take over. */
    private List<Integer> hold(AtomicReference<@Nullable String> obstacle, HoldForSuccessor held) {
        // What is still being held for one that has ended is released by that, not by this.
        if (!Waited.happens(
                CALLS_LIMIT.plus(EVENTS_LIMIT).plus(REST_LIMIT),
                nanos -> holding.tryAcquire(nanos, TimeUnit.NANOSECONDS))) {
            obstacle.set("the sandbox is still held for an earlier daemon");
            return List.of();
        }
        try {
            return holdAlone(obstacle, held);
        } finally {
            holding.release();
        }
    }

    private List<Integer> holdAlone(
            AtomicReference<@Nullable String> obstacle, HoldForSuccessor held) {
        long begun = System.currentTimeMillis();
        try {
            AtomicReference<Optional<HeldServer>> connections =
                    new AtomicReference<>(Optional.empty());
            boolean _ =
                    Waited.untilInterrupted(
                            () ->
                                    connections.set(
                                            server.hold(
                                                    method -> method.method().equals(WAIT),
                                                    CALLS_LIMIT)));
            HeldServer heldServer =
                    connections
                            .get()
                            .orElseThrow(
                                    () ->
                                            RuntimeFailure.failedPrecondition(
                                                    "a call of containerd's has not ended within "
                                                            + CALLS_LIMIT.toSeconds()
                                                            + " s"));
            Succession all = holdTasks(heldServer, begun);
            if (!held.keep()) {
                return List.of();
            }
            all.write(sandbox.identity().runDirectory());
            return all.descriptors();
        } catch (RuntimeException | IOException | Error e) {
            obstacle.set(String.valueOf(e.getMessage()));
            return List.of();
        }
    }

    /** Holds the sandbox as well; where that fails, the server is held no more either. */
    private Succession holdTasks(HeldServer heldServer, long begun) {
        try {
            if (!events.awaitEmpty(EVENTS_LIMIT)) {
                throw RuntimeFailure.failedPrecondition("containerd does not take events");
            }
            return new Succession(heldServer, tasks.hold(REST_LIMIT), begun);
        } catch (RuntimeException | Error e) {
            server.release();
            throw e;
        }
    }
}
