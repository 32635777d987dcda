package io.saya.shim.service;

import com.google.protobuf.Empty;
import io.saya.agent.ContainerUsage;
import io.saya.container.ExitStatus;
import io.saya.failure.RuntimeFailure;
import io.saya.host.Signal;
import io.saya.json.JsonObject;
import io.saya.log.Log;
import io.saya.log.LogLevel;
import io.saya.oci.OciSpec;
import io.saya.proto.containerd.runc.ProcessDetails;
import io.saya.proto.containerd.task.CloseIORequest;
import io.saya.proto.containerd.task.ConnectRequest;
import io.saya.proto.containerd.task.ConnectResponse;
import io.saya.proto.containerd.task.CreateTaskRequest;
import io.saya.proto.containerd.task.CreateTaskResponse;
import io.saya.proto.containerd.task.DeleteRequest;
import io.saya.proto.containerd.task.DeleteResponse;
import io.saya.proto.containerd.task.ExecProcessRequest;
import io.saya.proto.containerd.task.KillRequest;
import io.saya.proto.containerd.task.PauseRequest;
import io.saya.proto.containerd.task.PidsRequest;
import io.saya.proto.containerd.task.PidsResponse;
import io.saya.proto.containerd.task.ResizePtyRequest;
import io.saya.proto.containerd.task.ResumeRequest;
import io.saya.proto.containerd.task.ShutdownRequest;
import io.saya.proto.containerd.task.StartRequest;
import io.saya.proto.containerd.task.StartResponse;
import io.saya.proto.containerd.task.StateRequest;
import io.saya.proto.containerd.task.StateResponse;
import io.saya.proto.containerd.task.StatsRequest;
import io.saya.proto.containerd.task.StatsResponse;
import io.saya.proto.containerd.task.TaskService;
import io.saya.proto.containerd.task.UpdateTaskRequest;
import io.saya.proto.containerd.task.WaitRequest;
import io.saya.proto.containerd.task.WaitResponse;
import io.saya.proto.containerd.types.ProcessInfo;
import io.saya.shim.wire.AnyMessages;
import io.saya.shim.wire.StatusMapper;
import io.saya.shim.wire.Timestamps;
import io.saya.task.CreateRequest;
import io.saya.task.TaskStatus;
import io.saya.task.Tasks;
import io.saya.trace.TraceParent;
import io.saya.ttrpc.CallContext;
import io.saya.ttrpc.TtrpcException;
import java.util.concurrent.CompletionException;

/**
 * containerd's task service on a sandbox's tasks. Each method names its ids in the log, translates
 * the request, asks the tasks, translates the answer or the failure; nothing is decided here.
 * Serves {@code containerd.task.v2.Task} and {@code containerd.task.v3.Task}, whose messages are
 * the same. Thread safe; every call has a virtual thread of its own.
 */
public final class SandboxTaskService implements TaskService {
    /** This service under the name that containerd 2.0 and later know as well. */
    public static final String V3_NAME = "containerd.task.v3.Task";

    private static final Log LOG = Log.of("service");

    private final Tasks tasks;
    private final TaskLifetime lifetime;
    private final TaskCallObserver observer;
    private final CallTracer tracer;
    private final HostCgroups cgroups;

    /**
     * @param lifetime told when the last container may have gone, and asked to end
     * @param observer told of every call
     * @param tracer runs every call
     */
    public SandboxTaskService(
            Tasks tasks, TaskLifetime lifetime, TaskCallObserver observer, CallTracer tracer) {
        this(tasks, lifetime, observer, tracer, HostCgroups.detect());
    }

    SandboxTaskService(
            Tasks tasks,
            TaskLifetime lifetime,
            TaskCallObserver observer,
            CallTracer tracer,
            HostCgroups cgroups) {
        this.tasks = tasks;
        this.lifetime = lifetime;
        this.observer = observer;
        this.tracer = tracer;
        this.cgroups = cgroups;
    }

    @Override
    public CreateTaskResponse create(CallContext context, CreateTaskRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getId(),
                "",
                () -> {
                    CreateRequest create = TaskRequests.create(request);
                    int pid;
                    // Long before the container is there: its specification is read, its streams
                    // are opened.
                    lifetime.creationBegins();
                    try {
                        pid = tasks.create(create, OciSpec.read(create.bundle()));
                    } finally {
                        lifetime.creationEnded();
                    }
                    deleteUnlessWanted(context, request.getId());
                    return CreateTaskResponse.newBuilder().setPid(pid).build();
                });
    }

    /**
     * A container that its caller gave up while it was made is one that nobody would ever delete.
     */
    private void deleteUnlessWanted(CallContext context, String id) throws TtrpcException {
        if (context.isCancelled()) {
            LOG.warn("container deleted: nobody waits for its creation any more", "container", id);
            try {
                tasks.delete(id, "");
            } catch (RuntimeFailure e) {
                // The caller's own Delete may have been quicker.
                LOG.info("container not deleted", "container", id, "error", e);
            }
            lifetime.containersChanged();
            context.throwIfCancelled();
        }
    }

    @Override
    public StartResponse start(CallContext context, StartRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getId(),
                request.getExecId(),
                () ->
                        StartResponse.newBuilder()
                                .setPid(tasks.start(request.getId(), request.getExecId()))
                                .build());
    }

    @Override
    public StateResponse state(CallContext context, StateRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getId(),
                request.getExecId(),
                () -> TaskAnswers.state(tasks.state(request.getId(), request.getExecId())));
    }

    @Override
    public WaitResponse wait(CallContext context, WaitRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getId(),
                request.getExecId(),
                () -> {
                    ExitStatus exit =
                            context.await(tasks.exit(request.getId(), request.getExecId()));
                    return WaitResponse.newBuilder()
                            .setExitStatus(exit.status())
                            .setExitedAt(Timestamps.of(exit.at()))
                            .build();
                });
    }

    @Override
    public Empty kill(CallContext context, KillRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getId(),
                request.getExecId(),
                () -> {
                    kill(request);
                    return Empty.getDefaultInstance();
                });
    }

    private void kill(KillRequest request) {
        boolean timed = request.getSignal() == Signal.SIGKILL;
        if (timed) {
            observer.killAsked(request.getId(), request.getExecId());
        }
        try {
            tasks.kill(request.getId(), request.getExecId(), request.getSignal(), request.getAll());
        } catch (RuntimeException e) {
            if (timed) {
                observer.killRefused(request.getId(), request.getExecId());
            }
            throw e;
        }
    }

    @Override
    public Empty exec(CallContext context, ExecProcessRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getId(),
                request.getExecId(),
                () -> {
                    JsonObject process = TaskRequests.json("exec spec", request.getSpec());
                    tasks.exec(
                            request.getId(),
                            TaskRequests.id("exec id", request.getExecId()),
                            process,
                            TaskRequests.io(request));
                    return Empty.getDefaultInstance();
                });
    }

    @Override
    public Empty resizePty(CallContext context, ResizePtyRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getId(),
                request.getExecId(),
                () -> {
                    tasks.resize(
                            request.getId(),
                            request.getExecId(),
                            TaskRequests.cells("width", request.getWidth()),
                            TaskRequests.cells("height", request.getHeight()));
                    return Empty.getDefaultInstance();
                });
    }

    @Override
    public Empty closeIO(CallContext context, CloseIORequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getId(),
                request.getExecId(),
                () -> {
                    if (request.getStdin()) {
                        tasks.closeStdin(request.getId(), request.getExecId());
                    }
                    return Empty.getDefaultInstance();
                });
    }

    @Override
    public DeleteResponse delete(CallContext context, DeleteRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getId(),
                request.getExecId(),
                () -> {
                    int pid = tasks.state(request.getId(), request.getExecId()).pid();
                    ExitStatus exit = tasks.delete(request.getId(), request.getExecId());
                    lifetime.containersChanged();
                    return DeleteResponse.newBuilder()
                            .setPid(pid)
                            .setExitStatus(exit.status())
                            .setExitedAt(Timestamps.of(exit.at()))
                            .build();
                });
    }

    @Override
    public PidsResponse pids(CallContext context, PidsRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getId(),
                "",
                () -> {
                    PidsResponse.Builder pids = PidsResponse.newBuilder();
                    for (int pid : tasks.pids(request.getId())) {
                        pids.addProcesses(ProcessInfo.newBuilder().setPid(pid));
                    }
                    for (TaskStatus task : tasks.all()) {
                        if (task.containerId().equals(request.getId()) && isRunningExec(task)) {
                            pids.addProcesses(exec(task));
                        }
                    }
                    return pids.build();
                });
    }

    private static boolean isRunningExec(TaskStatus task) {
        return !task.execId().isEmpty() && task.phase() == TaskStatus.Phase.RUNNING;
    }

    /** Told apart as runc's shim does it: the process on the host is the container's. */
    private static ProcessInfo exec(TaskStatus task) {
        return ProcessInfo.newBuilder()
                .setPid(task.pid())
                .setInfo(
                        AnyMessages.pack(
                                "containerd.runc.v1.ProcessDetails",
                                ProcessDetails.newBuilder().setExecId(task.execId()).build()))
                .build();
    }

    @Override
    public Empty pause(CallContext context, PauseRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getId(),
                "",
                () -> {
                    tasks.pause(request.getId());
                    return Empty.getDefaultInstance();
                });
    }

    @Override
    public Empty resume(CallContext context, ResumeRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getId(),
                "",
                () -> {
                    tasks.resume(request.getId());
                    return Empty.getDefaultInstance();
                });
    }

    @Override
    public Empty update(CallContext context, UpdateTaskRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getId(),
                "",
                () -> {
                    tasks.update(
                            request.getId(),
                            TaskRequests.json("resources", request.getResources()));
                    return Empty.getDefaultInstance();
                });
    }

    @Override
    public StatsResponse stats(CallContext context, StatsRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getId(),
                "",
                () -> {
                    ContainerUsage usage = tasks.stats(request.getId());
                    return StatsResponse.newBuilder().setStats(cgroups.metrics(usage)).build();
                });
    }

    @Override
    public ConnectResponse connect(CallContext context, ConnectRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getId(),
                "",
                () ->
                        ConnectResponse.newBuilder()
                                .setShimPid((int) ProcessHandle.current().pid())
                                .setTaskPid(tasks.connect(request.getId()))
                                .build());
    }

    @Override
    public Empty shutdown(CallContext context, ShutdownRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getId(),
                "",
                () -> {
                    // Sent for every container of a pod: a no-op as long as another one lives.
                    if (tasks.idle()) {
                        lifetime.end("containerd asked for it");
                    }
                    return Empty.getDefaultInstance();
                });
    }

    private <R> R call(CallContext context, String container, String exec, CallBody<R> body)
            throws TtrpcException, InterruptedException {
        String method = context.method().method();
        long start = System.nanoTime();
        try {
            R answer =
                    tracer.traced(
                            method,
                            container,
                            exec,
                            context.metadata().first(TraceParent.KEY),
                            () -> translated(method, container, exec, body));
            long nanos = System.nanoTime() - start;
            observer.ended(method, nanos, 0);
            LOG.debug(
                    "request served",
                    "method",
                    method,
                    "container",
                    container,
                    "exec",
                    exec,
                    "ms",
                    nanos / 1_000_000);
            return answer;
        } catch (TtrpcException e) {
            observer.ended(method, System.nanoTime() - start, StatusMapper.number(e));
            throw e;
        }
    }

    private static <R> R translated(String method, String container, String exec, CallBody<R> body)
            throws TtrpcException, InterruptedException {
        try {
            return body.run();
        } catch (RuntimeFailure e) {
            LOG.log(
                    level(e),
                    "request failed",
                    "method",
                    method,
                    "container",
                    container,
                    "exec",
                    exec,
                    "error",
                    e);
            throw StatusMapper.status(e);
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeFailure failure
                    ? StatusMapper.status(failure)
                    : StatusMapper.unforeseen(method, container, e);
        } catch (RuntimeException | Error e) {
            throw StatusMapper.unforeseen(method, container, e);
        }
    }

    /** "It is gone already" is what clients ask for to be sure. */
    private static LogLevel level(RuntimeFailure failure) {
        return failure.kind() == RuntimeFailure.Kind.NOT_FOUND ? LogLevel.DEBUG : LogLevel.WARN;
    }
}
