package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.proto.cri.ContainerFilter;
import io.saya.proto.cri.LinuxPodSandboxConfig;
import io.saya.proto.cri.ListContainersRequest;
import io.saya.proto.cri.ListPodSandboxRequest;
import io.saya.proto.cri.PodSandbox;
import io.saya.proto.cri.RemoveContainerRequest;
import io.saya.proto.cri.RemovePodSandboxRequest;
import io.saya.proto.cri.StopPodSandboxRequest;
import io.saya.test.Host;
import io.saya.test.Wait;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A node with pods, and after each test the check that nothing is left of those that it made. One
 * node serves all classes that need no other, and one pod the tests of a class that ask for it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(SharedNode.Resolver.class)
@Timeout(300)
public abstract class PodSuite {
    private static final AtomicInteger CGROUPS = new AtomicInteger();
    private static final Duration GONE = Duration.ofSeconds(10);

    private final List<Pod> made = new ArrayList<>();
    private final List<PodCgroup> cgroups = new ArrayList<>();
    private @Nullable Node node;
    private @Nullable Node own;
    private @Nullable Pod shared;

    /** The node of this class's tests. */
    protected final Node node() {
        return Objects.requireNonNull(node, "before BeforeAll");
    }

    /** A node of this class's own, for tests that need another kind; null: the shared one. */
    protected @Nullable Node newNode() {
        return null;
    }

    /** RunPodSandbox with the tested runtime; the pod is removed after the test. */
    protected final Pod pod() {
        return pod(UnaryOperator.identity());
    }

    /** Runs a pod with changes to its configuration. */
    protected final Pod pod(UnaryOperator<io.saya.proto.cri.PodSandboxConfig.Builder> change) {
        var pod = Pod.run(node(), Node.handler(), change);
        made.add(pod);
        return pod;
    }

    /**
     * A cgroup for a pod, which goes after the pods of the test: also where it failed, so that its
     * failure is the only one.
     */
    protected final PodCgroup cgroup() {
        var cgroup =
                new PodCgroup(
                        "saya-test-"
                                + ProcessHandle.current().pid()
                                + "-"
                                + CGROUPS.incrementAndGet());
        cgroups.add(cgroup);
        return cgroup;
    }

    /** Runs a pod in a cgroup. */
    protected final Pod podIn(PodCgroup cgroup) {
        return pod(
                config ->
                        config.setLinux(
                                LinuxPodSandboxConfig.newBuilder().setCgroupParent(cgroup.path())));
    }

    /**
     * A pod for all tests of the class that care for their containers only; these are removed after
     * each test.
     */
    protected final Pod sharedPod() {
        return sharedPod(UnaryOperator.identity());
    }

    /**
     * The pod for all tests of the class, made with these changes by the first that asks for it.
     */
    protected final Pod sharedPod(
            UnaryOperator<io.saya.proto.cri.PodSandboxConfig.Builder> change) {
        var pod = shared;
        if (pod == null || !pod.ready()) {
            pod = Pod.run(node(), Node.handler(), change);
            shared = pod;
        }
        return pod;
    }

    @BeforeAll
    final void startNode(SharedNode common) {
        own = newNode();
        node = own != null ? own : common.node();
    }

    @AfterAll
    final void stopNode() {
        try {
            var pod = shared;
            if (pod != null) {
                made.add(pod);
                shared = null;
                nothingIsLeft();
            }
        } finally {
            if (own != null) {
                own.close();
            }
        }
    }

    /** Removes what the test has not, then looks whether anything is left. */
    @AfterEach
    final void nothingIsLeft() {
        var kept = shared == null ? "" : shared.id();
        for (var pod : pods()) {
            if (pod.getId().equals(kept)) {
                removeContainers(kept);
                continue;
            }
            var _ =
                    node().cri()
                            .runtime()
                            .stopPodSandbox(
                                    StopPodSandboxRequest.newBuilder()
                                            .setPodSandboxId(pod.getId())
                                            .build());
            var _ =
                    node().cri()
                            .runtime()
                            .removePodSandbox(
                                    RemovePodSandboxRequest.newBuilder()
                                            .setPodSandboxId(pod.getId())
                                            .build());
        }
        while (!cgroups.isEmpty()) {
            cgroups.removeLast().close();
        }
        Wait.until(GONE, () -> traces().isEmpty());
        assertThat(traces()).as("left behind; log: %s", node().containerd().log()).isEmpty();
        made.clear();
    }

    private void removeContainers(String pod) {
        var filter = ContainerFilter.newBuilder().setPodSandboxId(pod);
        var runtime = node().cri().runtime();
        for (var container :
                runtime.listContainers(ListContainersRequest.newBuilder().setFilter(filter).build())
                        .getContainersList()) {
            var _ =
                    runtime.removeContainer(
                            RemoveContainerRequest.newBuilder()
                                    .setContainerId(container.getId())
                                    .build());
        }
    }

    /** Everything on the host that bears the id of a pod of the test, or of its containers. */
    private List<String> traces() {
        var traces = new TreeSet<String>();
        for (var pod : made) {
            traces.addAll(Host.traces(pod.shortId(), node().containerd().shimSocket(pod.id())));
        }
        return List.copyOf(traces);
    }

    private List<PodSandbox> pods() {
        return node().cri()
                .runtime()
                .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
                .getItemsList();
    }
}
