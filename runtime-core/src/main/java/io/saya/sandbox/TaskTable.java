package io.saya.sandbox;

import io.saya.container.Container;
import io.saya.container.ContainerProcess;
import io.saya.container.ContainerVerb;
import io.saya.container.ExitStatus;
import io.saya.container.ProcessEvent;
import io.saya.container.ProcessState;
import io.saya.event.EventSink;
import io.saya.event.TaskEvent;
import io.saya.failure.RuntimeFailure;
import io.saya.log.Log;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * The containers and processes of a sandbox, their states and the events that tell of them. One
 * lock guards all of it; it is held for memory operations only, never across a call to guest, VMM
 * or host, so State and Kill answer whatever hangs. An event is handed to the sink under the lock,
 * together with the change of state it tells of: the order of events is the order of changes.
 */
public final class TaskTable {
    /**
     * Execs that a sandbox may have, ended ones that are not deleted included: each holds up to
     * three FIFOs with a thread, and what its guest has sent and nobody has read.
     */
    public static final int MAX_EXECS = 512;

    private static final Log LOG = Log.of("tasks");

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Container> containers = new LinkedHashMap<>();
    private final EventSink events;
    private volatile BiConsumer<Container, ContainerProcess> whenEnded = (_, _) -> {};

    TaskTable(EventSink events) {
        this.events = events;
    }

    /** Runs {@code action} under the lock. It must not block. */
    public <T> T locked(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    /** Runs {@code action}, which has no result, under the lock. It must not block. */
    public void locked(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }

    /** Adds a container that is going to be created. */
    public void add(Container container) {
        locked(
                () -> {
                    if (containers.containsKey(container.id())) {
                        throw RuntimeFailure.alreadyExists(
                                "container " + container.id() + " exists already");
                    }
                    containers.put(container.id(), container);
                });
    }

    /** Forgets a container. */
    public void remove(Container container) {
        locked(() -> containers.remove(container.id(), container));
    }

    public boolean isEmpty() {
        return locked(containers::isEmpty);
    }

    /** Returns all containers, oldest first. */
    public List<Container> all() {
        return locked(() -> new ArrayList<>(containers.values()));
    }

    /** Returns the container of this id, if there is one. */
    public Optional<Container> find(String id) {
        return locked(() -> Optional.ofNullable(containers.get(id)));
    }

    /** Returns the container of this id; throws NOT_FOUND if there is none. */
    public Container container(String id) {
        return locked(
                () -> {
                    Container container = containers.get(id);
                    if (container == null) {
                        throw RuntimeFailure.notFound(
                                "container " + id + " does not exist in this sandbox");
                    }
                    return container;
                });
    }

    /**
     * Returns the process of these ids ({@code execId} empty: the container's first), or NOT_FOUND.
     */
    public ContainerProcess process(String containerId, String execId) {
        return locked(() -> process(container(containerId), execId));
    }

    /**
     * The same of a container that may have been deleted meanwhile, and another come in its place.
     */
    public ContainerProcess process(Container container, String execId) {
        return locked(
                () -> {
                    if (execId.isEmpty()) {
                        return container.init();
                    }
                    ContainerProcess exec = container.execs().get(execId);
                    if (exec == null) {
                        throw RuntimeFailure.notFound(
                                "exec "
                                        + execId
                                        + " does not exist in container "
                                        + container.id());
                    }
                    return exec;
                });
    }

    /**
     * Adds an exec and publishes that.
     *
     * @throws RuntimeFailure RESOURCE_EXHAUSTED if there are {@link #MAX_EXECS} already
     */
    public void addExec(Container container, ContainerProcess exec) {
        locked(
                () -> {
                    if (containers.get(container.id()) != container) {
                        throw RuntimeFailure.notFound(
                                "container " + container.id() + " does not exist in this sandbox");
                    }
                    container.check(ContainerVerb.ADD_EXEC);
                    int execs = 0;
                    for (Container one : containers.values()) {
                        execs += one.execs().size();
                    }
                    if (execs >= MAX_EXECS) {
                        throw RuntimeFailure.resourceExhausted(
                                "exec "
                                        + exec.execId()
                                        + " in container "
                                        + container.id()
                                        + ": "
                                        + execs
                                        + " execs of this sandbox are not deleted yet (expected:"
                                        + " fewer than "
                                        + MAX_EXECS
                                        + "); delete some that have ended");
                    }
                    if (container.execs().putIfAbsent(exec.execId(), exec) != null) {
                        throw RuntimeFailure.alreadyExists(
                                "exec "
                                        + exec.execId()
                                        + " exists already in container "
                                        + container.id());
                    }
                    events.publish(new TaskEvent.ExecAdded(container.id(), exec.execId()));
                });
    }

    /**
     * Notes that a signal is about to be sent to the first process of a container and, with {@code
     * all}, to all others.
     */
    public void signalled(Container container, int signal, boolean all) {
        container.init().signalled(signal);
        if (all) {
            for (ContainerProcess exec : locked(container::liveExecs)) {
                exec.signalled(signal);
            }
        }
    }

    /**
     * Has this told of a process that has ended, after the event and before the callers of Wait are
     * answered; of a container's first one where others have ended with it.
     */
    public void whenEnded(BiConsumer<Container, ContainerProcess> told) {
        whenEnded = told;
    }

    /** Publishes an event, in the order of these calls. */
    public void publish(TaskEvent event) {
        locked(() -> events.publish(event));
    }

    /**
     * Makes the end of a process public: changes its state, publishes the event, then answers the
     * callers of Wait. The first call counts; later ones do nothing. What stands on the host for a
     * container whose first process has ended is reaped before.
     */
    public void finish(Container container, ContainerProcess process, ExitStatus exit) {
        boolean never = process.isInit() && neverStarted(container);
        if (process.isInit()) {
            container.standIn().end();
        }
        ExitStatus published = locked(() -> end(container, process, exit));
        tellEnded(container, process);
        if (never) {
            process.stdio().close();
        }
        process.exited().complete(published);
    }

    /**
     * Nothing will ever come from the streams of a first process that ends before its start, and
     * nobody but its end closes them: a client that waits for the end of its output before it
     * deletes, as containerd's does, would wait for ever.
     */
    private boolean neverStarted(Container container) {
        return locked(() -> container.stateOf(container.init()) instanceof ProcessState.Created);
    }

    /**
     * Makes the end of a container public, in one step with the ends of those of its execs that run
     * or are being started: none of them can be told of later.
     */
    public void finish(Container container, ExitStatus exit, ExitStatus ofExecs) {
        boolean never = neverStarted(container);
        container.standIn().end();
        Map<ContainerProcess, ExitStatus> ended = new LinkedHashMap<>();
        locked(
                () -> {
                    for (ContainerProcess exec : container.liveExecs()) {
                        ended.put(exec, end(container, exec, ofExecs));
                    }
                    ended.put(container.init(), end(container, container.init(), exit));
                });
        tellEnded(container, container.init());
        if (never) {
            container.init().stdio().close();
        }
        ended.forEach((process, published) -> process.exited().complete(published));
    }

    /** It is public, whatever fails there: who waits is answered. */
    private void tellEnded(Container container, ContainerProcess process) {
        try {
            whenEnded.accept(container, process);
        } catch (RuntimeException | Error e) {
            LOG.error("an end is not noted", "container", container.id(), "error", e);
        }
    }

    private ExitStatus end(Container container, ContainerProcess process, ExitStatus exit) {
        ProcessState before = container.stateOf(process);
        if (before instanceof ProcessState.Stopped(ExitStatus earlier)) {
            return earlier;
        }
        // Clients that were told of its beginning are told of its end.
        boolean announced =
                process.isInit()
                        ? container.state().announced()
                        : before instanceof ProcessState.Running;
        container.apply(process, new ProcessEvent.Exited(exit));
        if (announced) {
            events.publish(
                    new TaskEvent.Exit(
                            process.containerId(),
                            process.processId(),
                            container.standIn().pid(),
                            exit.status(),
                            exit.at()));
        }
        return exit;
    }
}
