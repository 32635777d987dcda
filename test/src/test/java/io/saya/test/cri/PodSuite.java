package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.proto.cri.ListPodSandboxRequest;
import io.saya.proto.cri.PodSandbox;
import io.saya.proto.cri.RemovePodSandboxRequest;
import io.saya.proto.cri.StopPodSandboxRequest;
import io.saya.test.Host;
import io.saya.test.Wait;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/**
 * A node for each class of tests, and after each test the check that nothing is left of its pods.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
public abstract class PodSuite {
    private static final Duration GONE = Duration.ofSeconds(10);

    private final List<Pod> made = new ArrayList<>();
    private @Nullable Node node;

    /** The node of this class's tests. */
    protected final Node node() {
        return Objects.requireNonNull(node, "before BeforeAll");
    }

    /** What kind of node the tests need. */
    protected Node newNode() {
        return new Node();
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

    @BeforeAll
    final void startNode() {
        node = newNode();
    }

    @AfterAll
    final void stopNode() {
        node().close();
    }

    /** Removes what the test has not, then looks whether anything is left. */
    @AfterEach
    final void nothingIsLeft() {
        for (var pod : pods()) {
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
        Wait.until(GONE, () -> traces().isEmpty());
        assertThat(traces()).as("left behind; log: %s", node().containerd().log()).isEmpty();
    }

    /** Everything on the host that bears the id of a pod of this class, or of its containers. */
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
