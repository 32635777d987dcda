package io.saya.task;

import io.saya.agent.Agent;
import io.saya.agent.ContainerUsage;
import io.saya.agent.GuestProcess;
import io.saya.container.Container;
import io.saya.container.ContainerEvent;
import io.saya.container.ContainerFigures;
import io.saya.container.ContainerProcess;
import io.saya.container.ContainerState;
import io.saya.container.ContainerVerb;
import io.saya.container.ExecDefinition;
import io.saya.container.ExitStatus;
import io.saya.container.ProcessState;
import io.saya.event.TaskEvent;
import io.saya.event.TaskIo;
import io.saya.failure.RuntimeFailure;
import io.saya.host.Signal;
import io.saya.io.ContainerIdentity;
import io.saya.io.DeferredStdio;
import io.saya.io.ProcessStdio;
import io.saya.io.StdioOpener;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.log.Log;
import io.saya.oci.OciSpec;
import io.saya.sandbox.Sandbox;
import io.saya.sandbox.TaskTable;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Does what clients ask of the containers of a sandbox: containerd's task service in the words of
 * the domain, without its wire. Methods block the calling virtual thread and fail with {@link
 * RuntimeFailure}; State, Pids and the futures of Wait never wait for the guest. An empty exec id
 * means the container's first process. Thread safe.
 */
public final class Tasks {

    private static final Log LOG = Log.of("tasks");

    private final Sandbox sandbox;
    private final TaskTable table;
    private final StdioOpener stdio;
    private final TaskCreation creation;
    private final TaskStart start;
    private final TaskDeletion deletion;
    private final TaskKill kill;
    private final TaskStates states;
    private final TaskResources machine;
    private final TaskSuccession succession;
    private final Optional<BareSandbox> bare;

    /** Null where nobody goes on with the sandbox if this daemon dies. */
    private final @Nullable TaskRecords records;

    public Tasks(Sandbox sandbox, StdioOpener stdio) {
        this(sandbox, stdio, Optional.empty());
    }

    /**
     * @param bare the sandbox, if it is one without a sandbox container
     */
    public Tasks(Sandbox sandbox, StdioOpener stdio, Optional<BareSandbox> bare) {
        this(sandbox, stdio, bare, null);
    }

    /**
     * Containers of which all that changes is written down, so that another daemon can go on with
     * them if this one dies.
     */
    public Tasks(Sandbox sandbox, StdioOpener stdio, TaskRecords records) {
        this(sandbox, stdio, Optional.empty(), records);
    }

    private Tasks(
            Sandbox sandbox,
            StdioOpener stdio,
            Optional<BareSandbox> bare,
            @Nullable TaskRecords records) {
        this.records = records;
        this.sandbox = sandbox;
        this.bare = bare;
        this.table = sandbox.tasks();
        this.stdio = stdio;
        GuestSignals signals = new GuestSignals(sandbox);
        this.start = new TaskStart(sandbox, signals);
        this.deletion = new TaskDeletion(sandbox);
        this.kill = new TaskKill(sandbox, signals);
        this.states = new TaskStates(table);
        this.machine = new TaskResources(sandbox);
        this.succession = new TaskSuccession(sandbox, stdio);
        this.creation =
                new TaskCreation(
                        sandbox,
                        bare,
                        this::openStdio,
                        machine,
                        new TaskCreation.Outcome() {
                            @Override
                            public void made(Container container) {
                                Tasks.this.made(container);
                            }

                            @Override
                            public void failed(Container container, Throwable cause) {
                                deletion.abandon(container, cause);
                                forget(container);
                            }
                        });
    }

    /**
     * Makes a container; its program does not run yet.
     *
     * @param given the container's specification, from {@code request.bundle()}
     * @return the process on the host that stands for it
     * @throws RuntimeFailure with the phase and the cause; nothing is left of the container then
     */
    public int create(CreateRequest request, OciSpec given) {
        return creation.create(request, given).standIn().pid();
    }

    private void made(Container container) {
        container.standIn().whenKilled(() -> killedOnHost(container));
        record(container);
    }

    /** To be called by all that changes something, before its caller is answered. */
    private void record(Container container) {
        if (records != null) {
            records.changed(container);
        }
    }

    /** The same where nothing but a process of the container has changed. */
    private void record(Container container, ContainerProcess process) {
        if (records == null) {
            return;
        }
        if (process.isInit()) {
            records.initChanged(container);
        } else {
            records.execChanged(container, process);
        }
    }

    private void forget(Container container) {
        if (records != null) {
            records.removed(container);
        }
    }

    /**
     * Kills a container whose stand-in somebody has killed on the host: they want the container
     * gone.
     */
    private void killedOnHost(Container container) {
        LOG.warn(
                "the process on the host was killed, so its container is",
                "container",
                container.id(),
                "pid",
                container.standIn().pid());
        try {
            kill.kill(container.id(), "", Signal.SIGKILL, true);
        } catch (RuntimeFailure e) {
            LOG.debug("container is not killed", "container", container.id(), "error", e);
        }
    }

    /**
     * Adds the containers that another daemon has handed over; nothing moves in them before {@link
     * #goOn}.
     *
     * @throws RuntimeFailure if a stream cannot be opened, or a specification not be read
     */
    public void standing(JsonArray containers) {
        succession.add(containers);
    }

    /** Has nothing written down or kept from now on: the sandbox ends with this daemon. */
    public void endWithDaemon() {
        if (records != null) {
            records.abandon();
        }
    }

    /** Goes on with them: the daemon before has ended, and the agent is connected. */
    public void goOn() {
        succession.goOn();
        for (Container container : table.all()) {
            container.standIn().whenKilled(() -> killedOnHost(container));
        }
        if (records == null) {
            TaskRecords.discard(sandbox.identity().runDirectory());
        } else {
            records.goOn();
        }
    }

    /**
     * Runs the program of a container, or an exec. Returns the process on the host that stands for
     * it.
     */
    public int start(String containerId, String execId) {
        // Once: when its program runs it may end, and be deleted, before this returns.
        Container container = table.container(containerId);
        ContainerProcess process = table.process(container, execId);
        int pid;
        try {
            pid = start.start(container, process);
        } catch (RuntimeException e) {
            throw sandbox.explained(e);
        }
        if (execId.isEmpty()) {
            container.started();
            container.figures().askSoon();
            sandbox.guest().afterStart(containerId);
            record(container);
        } else {
            record(container, process);
        }
        return pid;
    }

    /**
     * Returns what is known of every process, from memory: each container, and behind it its execs.
     */
    public List<TaskStatus> all() {
        return states.all();
    }

    /** Returns what is known of a process, from memory. */
    public TaskStatus state(String containerId, String execId) {
        return states.of(containerId, execId);
    }

    /**
     * Completes with the exit of a process once it is public; NOT_FOUND at once if there is no such
     * process.
     */
    public CompletableFuture<ExitStatus> exit(String containerId, String execId) {
        return table.process(containerId, execId).exited().copy();
    }

    /**
     * Sends a signal, or stops the sandbox, as the table of {@code Kill} in the README of the
     * module says. A signal that the guest has not taken after 80 ms is on its way when this
     * returns.
     */
    public void kill(String containerId, String execId, int signal, boolean all) {
        kill.kill(containerId, execId, signal, all);
        if (execId.isEmpty() || all) {
            recordIfThere(containerId);
        } else {
            table.find(containerId).ifPresent(container -> recordExecIfThere(container, execId));
        }
    }

    private void recordExecIfThere(Container container, String execId) {
        ContainerProcess exec = table.locked(() -> container.execs().get(execId));
        if (exec != null) {
            record(container, exec);
        }
    }

    private void recordIfThere(String containerId) {
        if (records != null) {
            table.find(containerId).ifPresent(records::changed);
        }
    }

    /**
     * Adds a process to a container; it does not run yet.
     *
     * @param process OCI's {@code process}
     */
    public void exec(String containerId, String execId, JsonObject process, TaskIo io) {
        Container container = table.container(containerId);
        GuestProcess guestProcess = GuestProcess.of(process);
        ExecDefinition definition =
                new ExecDefinition(
                        io.stdin().isEmpty() ? guestProcess.withoutStdin() : guestProcess,
                        new DeferredStdio(() -> openStdio(containerId, io)));
        ContainerProcess exec = new ContainerProcess(containerId, execId, io, definition);
        try {
            table.addExec(container, exec);
        } catch (RuntimeFailure e) {
            exec.stdio().close();
            throw e;
        }
        if (records != null) {
            records.execAdded(container, exec);
        }
    }

    /**
     * Sets the size of a process's terminal; no effect without a terminal, or when it does not run.
     */
    public void resize(String containerId, String execId, int width, int height) {
        Container container = table.container(containerId);
        ContainerProcess process = table.process(containerId, execId);
        boolean running =
                table.locked(() -> container.stateOf(process) instanceof ProcessState.Running);
        if (running && process.io().terminal()) {
            sandbox.guest()
                    .requireAgent()
                    .resizeTerminal(containerId, process.processId(), height, width);
        }
    }

    /**
     * Ends a process's stdin once the client has closed it as well. Always succeeds for a process
     * that exists.
     */
    public void closeStdin(String containerId, String execId) {
        ContainerProcess process = table.process(containerId, execId);
        process.stdio().closeStdin();
        table.find(containerId).ifPresent(container -> record(container, process));
    }

    /** Deletes a container or an exec and gives back everything that it held. */
    public ExitStatus delete(String containerId, String execId) {
        Container container = table.container(containerId);
        if (!execId.isEmpty()) {
            ContainerProcess exec = table.process(container, execId);
            ExitStatus exit = deletion.deleteExec(container, exec);
            if (records != null) {
                records.execRemoved(container, exec);
            }
            return exit;
        }
        ExitStatus exit;
        try {
            exit = deletion.delete(containerId);
        } catch (RuntimeException e) {
            recordIfThere(containerId);
            throw e;
        }
        forget(container);
        return exit;
    }

    /**
     * Returns the process on the host that stands for the container, for every container that
     * exists.
     */
    public List<Integer> pids(String containerId) {
        return List.of(table.container(containerId).standIn().pid());
    }

    /** Freezes a container. */
    public void pause(String containerId) {
        freeze(
                containerId,
                ContainerVerb.PAUSE,
                Agent::pause,
                container -> {
                    container.apply(new ContainerEvent.Frozen());
                    if (container.state() instanceof ContainerState.Paused) {
                        table.publish(new TaskEvent.Paused(containerId));
                    }
                });
    }

    /** Thaws a container. */
    public void resume(String containerId) {
        freeze(
                containerId,
                ContainerVerb.RESUME,
                Agent::resume,
                container -> {
                    container.apply(new ContainerEvent.Thawed());
                    if (container.state() instanceof ContainerState.Running) {
                        table.publish(new TaskEvent.Resumed(containerId));
                    }
                });
    }

    /**
     * @param call what the guest is asked
     * @param done what follows from its answer, under the table's lock
     */
    private void freeze(
            String containerId,
            ContainerVerb verb,
            BiConsumer<Agent, String> call,
            Consumer<Container> done) {
        Container container =
                table.locked(
                        () -> {
                            Container found = table.container(containerId);
                            found.beginFreezing(verb);
                            return found;
                        });
        try {
            call.accept(sandbox.guest().requireAgent(), containerId);
            table.locked(() -> done.accept(container));
        } finally {
            table.locked(container::endFreezing);
        }
        record(container);
    }

    /**
     * Sets the limits of a container.
     *
     * @param resources OCI's {@code linux.resources}
     */
    public void update(String containerId, JsonObject resources) {
        Container container = checked(containerId, ContainerVerb.UPDATE);
        machine.change(container, resources);
        record(container);
    }

    /**
     * Returns what a container uses, or what it used a moment ago where the guest does not answer.
     */
    public ContainerUsage stats(String containerId) {
        return figures(containerId).now();
    }

    /**
     * Returns what a container uses now, or fails where the guest does not tell it in time: for
     * whoever compares it with other figures of the same moment.
     */
    public ContainerUsage freshStats(String containerId, Duration limit) {
        return figures(containerId).fresh(limit);
    }

    private ContainerFigures figures(String containerId) {
        Container container = table.container(containerId);
        if (sandbox.guest().agent().isEmpty()) {
            throw RuntimeFailure.notFound("container " + containerId + " has no guest");
        }
        return container.figures();
    }

    /**
     * Returns the process that stands for a container; 0 if there is no such container. Never
     * fails.
     */
    public int connect(String containerId) {
        try {
            return table.container(containerId).standIn().pid();
        } catch (RuntimeFailure e) {
            return 0;
        }
    }

    /**
     * True if no container is left, and no sandbox that lives by itself, so that the daemon may
     * end.
     */
    public boolean idle() {
        return table.isEmpty() && !(bare.isPresent() && bare.get().wanted());
    }

    /** Returns the container if a client may do this with it now. */
    private Container checked(String containerId, ContainerVerb verb) {
        return table.locked(
                () -> {
                    Container container = table.container(containerId);
                    container.check(verb);
                    return container;
                });
    }

    private ProcessStdio openStdio(String containerId, TaskIo io) {
        return stdio.open(io, new ContainerIdentity(sandbox.identity().namespace(), containerId));
    }
}
