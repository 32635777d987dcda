package io.saya.test.cri;

import com.google.protobuf.ByteString;
import io.saya.proto.cri.ContainerConfig;
import io.saya.proto.cri.ContainerMetadata;
import io.saya.proto.cri.ContainerState;
import io.saya.proto.cri.ContainerStatus;
import io.saya.proto.cri.ContainerStatusRequest;
import io.saya.proto.cri.CreateContainerRequest;
import io.saya.proto.cri.ExecSyncRequest;
import io.saya.proto.cri.ImageSpec;
import io.saya.proto.cri.Mount;
import io.saya.proto.cri.PodSandboxConfig;
import io.saya.proto.cri.PodSandboxMetadata;
import io.saya.proto.cri.PodSandboxState;
import io.saya.proto.cri.PodSandboxStatusRequest;
import io.saya.proto.cri.RemoveContainerRequest;
import io.saya.proto.cri.RemovePodSandboxRequest;
import io.saya.proto.cri.RunPodSandboxRequest;
import io.saya.proto.cri.StartContainerRequest;
import io.saya.proto.cri.StopContainerRequest;
import io.saya.proto.cri.StopPodSandboxRequest;
import io.saya.test.Containerd;
import io.saya.test.Ran;
import io.saya.test.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** A pod that has been run, and what a kubelet does with it. Thread safe; methods block. */
public final class Pod {
    private static final AtomicInteger NEXT = new AtomicInteger();
    private static final Duration EXIT = Duration.ofMinutes(2);
    private static final int ID_LENGTH = 40;

    /** The script of a container that ends only at SIGTERM. */
    static final String IDLE = "trap 'exit 0' TERM; while :; do sleep 0.1; done";

    private final Node node;
    private final PodSandboxConfig config;
    private final String id;
    private final AtomicInteger attempts = new AtomicInteger();

    private Pod(Node node, PodSandboxConfig config, String id) {
        this.node = node;
        this.config = config;
        this.id = id;
    }

    /** RunPodSandbox with the tested runtime. */
    public static Pod run(Node node) {
        return run(node, Node.handler(), UnaryOperator.identity());
    }

    /**
     * RunPodSandbox.
     *
     * @param handler the runtime's handler
     * @param change what is to be different in the pod's configuration
     */
    public static Pod run(
            Node node, String handler, UnaryOperator<PodSandboxConfig.Builder> change) {
        var name = "pod-" + ProcessHandle.current().pid() + "-" + NEXT.incrementAndGet();
        var config =
                PodSandboxConfig.newBuilder()
                        .setMetadata(
                                PodSandboxMetadata.newBuilder()
                                        .setName(name)
                                        .setNamespace("tests")
                                        .setUid(name + "-uid"))
                        .setHostname(name)
                        .setLogDirectory(node.logs().resolve(name).toString());
        var changed = change.apply(config).build();
        var id =
                node.cri()
                        .runtime()
                        .runPodSandbox(
                                RunPodSandboxRequest.newBuilder()
                                        .setConfig(changed)
                                        .setRuntimeHandler(handler)
                                        .build())
                        .getPodSandboxId();
        return new Pod(node, changed, id);
    }

    /** The id of the sandbox. */
    public String id() {
        return id;
    }

    /**
     * As much of the id as names of the run directory have: what finds virtiofsd, too, whose
     * arguments hold that directory.
     */
    public String shortId() {
        return id.substring(0, ID_LENGTH);
    }

    /** The request that the pod was made from. */
    public PodSandboxConfig config() {
        return config;
    }

    /** True if the sandbox runs. */
    public boolean ready() {
        return node.cri()
                        .runtime()
                        .podSandboxStatus(
                                PodSandboxStatusRequest.newBuilder().setPodSandboxId(id).build())
                        .getStatus()
                        .getState()
                == PodSandboxState.SANDBOX_READY;
    }

    /** The pod's address; empty if it has none. */
    public String ip() {
        return node.cri()
                .runtime()
                .podSandboxStatus(PodSandboxStatusRequest.newBuilder().setPodSandboxId(id).build())
                .getStatus()
                .getNetwork()
                .getIp();
    }

    /** CreateContainer: a shell with a script. Its log is {@code <name>.<attempt>.log}. */
    public String create(String name, String script) {
        return create(name, config -> config.addCommand("sh").addArgs("-c").addArgs(script));
    }

    /** CreateContainer with the image of the tests and what the caller adds. */
    public String create(String name, UnaryOperator<ContainerConfig.Builder> change) {
        var attempt = attempts.incrementAndGet();
        var container =
                ContainerConfig.newBuilder()
                        .setMetadata(
                                ContainerMetadata.newBuilder().setName(name).setAttempt(attempt))
                        .setImage(ImageSpec.newBuilder().setImage(Containerd.IMAGE))
                        .setLogPath(name + "." + attempt + ".log");
        return node.cri()
                .runtime()
                .createContainer(
                        CreateContainerRequest.newBuilder()
                                .setPodSandboxId(id)
                                .setConfig(change.apply(container))
                                .setSandboxConfig(config)
                                .build())
                .getContainerId();
    }

    /**
     * Adds a mount of the host's {@code source} to a container. A kubelet would have made it; here
     * a directory is made where nothing is.
     */
    public static ContainerConfig.Builder mount(
            ContainerConfig.Builder config, Path source, String target, boolean readOnly) {
        try {
            if (!Files.exists(source)) {
                Files.createDirectories(source);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return config.addMounts(
                Mount.newBuilder()
                        .setHostPath(source.toString())
                        .setContainerPath(target)
                        .setReadonly(readOnly));
    }

    /** StartContainer. */
    public String start(String container) {
        var _ =
                node.cri()
                        .runtime()
                        .startContainer(
                                StartContainerRequest.newBuilder()
                                        .setContainerId(container)
                                        .build());
        return container;
    }

    /** CreateContainer and StartContainer: a shell with a script. */
    public String started(String name, String script) {
        return start(create(name, script));
    }

    /** A container that ends only at SIGTERM. */
    public String idle(String name) {
        return started(name, IDLE);
    }

    /** ContainerStatus. */
    public ContainerStatus status(String container) {
        return node.cri()
                .runtime()
                .containerStatus(
                        ContainerStatusRequest.newBuilder().setContainerId(container).build())
                .getStatus();
    }

    /** Waits until the container has exited, and returns its status then. */
    public ContainerStatus exited(String container) {
        if (!Wait.until(
                EXIT, () -> status(container).getState() == ContainerState.CONTAINER_EXITED)) {
            throw new AssertionError(
                    "container %s has not exited within %s: %s; log: %s"
                            .formatted(
                                    container, EXIT, status(container), node.containerd().log()));
        }
        return status(container);
    }

    /** The lines of the container's log, without time and stream; those that are complete. */
    public List<String> log(String container) {
        try {
            return Files.readAllLines(logFile(container)).stream()
                    // "<time> stdout F <line>"
                    .map(line -> line.split(" ", 4)[3])
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The file of the container's log. */
    public Path logFile(String container) {
        return Path.of(status(container).getLogPath());
    }

    /** ExecSync, with a limit of two minutes. */
    public Ran exec(String container, String... command) {
        var answer =
                node.cri()
                        .runtime()
                        .execSync(
                                ExecSyncRequest.newBuilder()
                                        .setContainerId(container)
                                        .addAllCmd(List.of(command))
                                        .setTimeout(120)
                                        .build());
        return new Ran(answer.getExitCode(), text(answer.getStdout()), text(answer.getStderr()));
    }

    /** StopContainer. */
    public void stop(String container, Duration grace) {
        var _ =
                node.cri()
                        .runtime()
                        .stopContainer(
                                StopContainerRequest.newBuilder()
                                        .setContainerId(container)
                                        .setTimeout(grace.toSeconds())
                                        .build());
    }

    /** RemoveContainer. */
    public void remove(String container) {
        var _ =
                node.cri()
                        .runtime()
                        .removeContainer(
                                RemoveContainerRequest.newBuilder()
                                        .setContainerId(container)
                                        .build());
    }

    /** StopPodSandbox. */
    public void stop() {
        var _ =
                node.cri()
                        .runtime()
                        .stopPodSandbox(
                                StopPodSandboxRequest.newBuilder().setPodSandboxId(id).build());
    }

    /** RemovePodSandbox. */
    public void remove() {
        var _ =
                node.cri()
                        .runtime()
                        .removePodSandbox(
                                RemovePodSandboxRequest.newBuilder().setPodSandboxId(id).build());
    }

    private static String text(ByteString bytes) {
        return bytes.toStringUtf8();
    }
}
