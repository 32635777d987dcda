package io.saya.shim.service;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.saya.container.ExitStatus;
import io.saya.failure.RuntimeFailure;
import io.saya.json.Json;
import io.saya.log.Log;
import io.saya.oci.OciSpec;
import io.saya.proto.containerd.sandbox.CreateSandboxRequest;
import io.saya.proto.containerd.sandbox.CreateSandboxResponse;
import io.saya.proto.containerd.sandbox.PingRequest;
import io.saya.proto.containerd.sandbox.PingResponse;
import io.saya.proto.containerd.sandbox.PlatformRequest;
import io.saya.proto.containerd.sandbox.PlatformResponse;
import io.saya.proto.containerd.sandbox.SandboxMetricsRequest;
import io.saya.proto.containerd.sandbox.SandboxMetricsResponse;
import io.saya.proto.containerd.sandbox.SandboxService;
import io.saya.proto.containerd.sandbox.SandboxStatusRequest;
import io.saya.proto.containerd.sandbox.SandboxStatusResponse;
import io.saya.proto.containerd.sandbox.ShutdownSandboxRequest;
import io.saya.proto.containerd.sandbox.ShutdownSandboxResponse;
import io.saya.proto.containerd.sandbox.StartSandboxRequest;
import io.saya.proto.containerd.sandbox.StartSandboxResponse;
import io.saya.proto.containerd.sandbox.StopSandboxRequest;
import io.saya.proto.containerd.sandbox.StopSandboxResponse;
import io.saya.proto.containerd.sandbox.WaitSandboxRequest;
import io.saya.proto.containerd.sandbox.WaitSandboxResponse;
import io.saya.proto.containerd.types.Metric;
import io.saya.proto.containerd.types.Platform;
import io.saya.shim.wire.StatusMapper;
import io.saya.shim.wire.Timestamps;
import io.saya.task.BareSandbox;
import io.saya.task.PodFiles;
import io.saya.task.TaskStatus;
import io.saya.task.Tasks;
import io.saya.ttrpc.CallContext;
import io.saya.ttrpc.TtrpcException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * containerd's sandbox service: a pod without a pause container. The machine is started when the
 * sandbox is created, which is when its network is known; a start waits for it. Thread safe; every
 * call has a virtual thread of its own.
 */
public final class PodSandboxService implements SandboxService {
    private static final Log LOG = Log.of("service");

    /** What plug-ins of containerd (NRI) look for in a sandbox. */
    private static final String SPEC_TYPE =
            "types.containerd.io/opencontainers/runtime-spec/1/Spec";

    private static final String READY = "SANDBOX_READY";
    private static final String NOT_READY = "SANDBOX_NOTREADY";

    private final String namespace;
    private final String id;
    private final Path bundle;
    private final Maker maker;
    private final TaskLifetime lifetime;
    private final HostCgroups cgroups = HostCgroups.detect();
    private final AtomicBoolean asked = new AtomicBoolean();
    private volatile @Nullable Made made;
    private volatile Any specification = Any.getDefaultInstance();

    /** A sandbox, and its containers. */
    public record Made(BareSandbox sandbox, Tasks tasks) {}

    /** Makes the one sandbox of this process. */
    @FunctionalInterface
    public interface Maker {
        /**
         * Starts the machine and returns while it boots.
         *
         * @param spec in the words of a sandbox container's
         * @param files what containers find of their pod
         * @throws RuntimeFailure if it cannot be started; nothing is left then
         */
        Made make(OciSpec spec, PodFiles files);
    }

    /**
     * @param namespace containerd's
     * @param id the sandbox's
     * @param bundle its directory, which containerd removes
     * @param lifetime told when a sandbox comes and goes, and asked to end
     */
    public PodSandboxService(
            String namespace, String id, Path bundle, Maker maker, TaskLifetime lifetime) {
        this.namespace = namespace;
        this.id = id;
        this.bundle = bundle;
        this.maker = maker;
        this.lifetime = lifetime;
    }

    @Override
    public CreateSandboxResponse createSandbox(CallContext context, CreateSandboxRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getSandboxId(),
                () -> {
                    create(request);
                    return CreateSandboxResponse.getDefaultInstance();
                });
    }

    private void create(CreateSandboxRequest request) {
        if (!asked.compareAndSet(false, true)) {
            throw RuntimeFailure.alreadyExists("sandbox " + id + " exists already");
        }
        lifetime.creationBegins();
        try {
            PodSpecification pod = PodSpecification.of(namespace, request);
            PodFiles files = pod.files(bundle);
            OciSpec spec = pod.oci(files);
            pod.write(bundle);
            specification =
                    Any.newBuilder()
                            .setTypeUrl(SPEC_TYPE)
                            .setValue(ByteString.copyFromUtf8(Json.write(spec.json())))
                            .build();
            made = maker.make(spec, files);
        } catch (IOException e) {
            throw RuntimeFailure.internal(
                    "cannot create sandbox " + id + ", phase files of the pod: " + e, e);
        } finally {
            lifetime.creationEnded();
        }
    }

    @Override
    public StartSandboxResponse startSandbox(CallContext context, StartSandboxRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getSandboxId(),
                () -> {
                    BareSandbox sandbox = made().sandbox();
                    int pid = sandbox.start();
                    return StartSandboxResponse.newBuilder()
                            .setPid(pid)
                            .setSpec(specification)
                            .setCreatedAt(Timestamps.of(sandbox.startedAt().orElse(Instant.EPOCH)))
                            .build();
                });
    }

    @Override
    public PlatformResponse platform(CallContext context, PlatformRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getSandboxId(),
                () ->
                        PlatformResponse.newBuilder()
                                .setPlatform(
                                        Platform.newBuilder()
                                                .setOs("linux")
                                                .setArchitecture(architecture()))
                                .build());
    }

    /** In Go's words; the guest's processor is of the host's kind. */
    private static String architecture() {
        String name = System.getProperty("os.arch");
        return switch (name) {
            case "aarch64" -> "arm64";
            case "x86_64" -> "amd64";
            default -> name;
        };
    }

    @Override
    public StopSandboxResponse stopSandbox(CallContext context, StopSandboxRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getSandboxId(),
                () -> {
                    made().sandbox().stop();
                    return StopSandboxResponse.getDefaultInstance();
                });
    }

    @Override
    public WaitSandboxResponse waitSandbox(CallContext context, WaitSandboxRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getSandboxId(),
                () -> {
                    ExitStatus exit = context.await(made().sandbox().exited());
                    return WaitSandboxResponse.newBuilder()
                            .setExitStatus(exit.status())
                            .setExitedAt(Timestamps.of(exit.at()))
                            .build();
                });
    }

    @Override
    public SandboxStatusResponse sandboxStatus(CallContext context, SandboxStatusRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getSandboxId(),
                () -> {
                    BareSandbox sandbox = made().sandbox();
                    SandboxStatusResponse.Builder status =
                            SandboxStatusResponse.newBuilder().setSandboxId(id);
                    status.setPid(sandbox.pid());
                    status.setState(
                            sandbox.live() && sandbox.startedAt().isPresent() ? READY : NOT_READY);
                    sandbox.startedAt().ifPresent(at -> status.setCreatedAt(Timestamps.of(at)));
                    if (sandbox.exited().isDone()) {
                        status.setExitedAt(Timestamps.of(sandbox.exited().join().at()));
                    }
                    return status.build();
                });
    }

    @Override
    public PingResponse pingSandbox(CallContext context, PingRequest request)
            throws TtrpcException, InterruptedException {
        return call(context, request.getSandboxId(), PingResponse::getDefaultInstance);
    }

    @Override
    public ShutdownSandboxResponse shutdownSandbox(
            CallContext context, ShutdownSandboxRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getSandboxId(),
                () -> {
                    Made there = made;
                    if (there != null) {
                        close(there);
                    }
                    lifetime.endAnswered("containerd asked for it");
                    return ShutdownSandboxResponse.getDefaultInstance();
                });
    }

    /** Deletes the containers that containerd has left. */
    private static void close(Made made) {
        made.sandbox().stop();
        for (TaskStatus task : made.tasks().all()) {
            try {
                if (task.execId().isEmpty()) {
                    made.tasks().delete(task.containerId(), "");
                }
            } catch (RuntimeFailure e) {
                LOG.warn("container not deleted", "container", task.containerId(), "error", e);
            }
        }
        made.sandbox().close();
    }

    @Override
    public SandboxMetricsResponse sandboxMetrics(CallContext context, SandboxMetricsRequest request)
            throws TtrpcException, InterruptedException {
        return call(
                context,
                request.getSandboxId(),
                () ->
                        SandboxMetricsResponse.newBuilder()
                                .setMetrics(
                                        Metric.newBuilder()
                                                .setTimestamp(Timestamps.of(Instant.now()))
                                                .setId(id)
                                                .setData(
                                                        cgroups.metrics(
                                                                PodUsage.of(made().tasks()))))
                                .build());
    }

    private Made made() {
        Made there = made;
        if (there == null) {
            throw RuntimeFailure.notFound("sandbox " + id + " has not been created");
        }
        return there;
    }

    private <R> R call(CallContext context, String named, CallBody<R> body)
            throws TtrpcException, InterruptedException {
        String method = context.method().method();
        try {
            if (!named.equals(id)) {
                throw RuntimeFailure.notFound("sandbox " + named + " is none of this shim's");
            }
            R answer = body.run();
            LOG.debug("request served", "method", method);
            return answer;
        } catch (RuntimeFailure e) {
            LOG.warn("request failed", "method", method, "error", e);
            throw StatusMapper.status(e);
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeFailure failure
                    ? StatusMapper.status(failure)
                    : StatusMapper.unforeseen(method, id, e);
        } catch (RuntimeException e) {
            throw StatusMapper.unforeseen(method, id, e);
        }
    }
}
