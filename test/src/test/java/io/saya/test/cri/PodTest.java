package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.WithProduct;
import org.junit.jupiter.api.Test;

/** A pod's life, from RunPodSandbox to RemovePodSandbox. */
@WithProduct
final class PodTest extends PodSuite {

    @Test
    void aPodWithoutContainersRunsStopsAndGoes() {
        var pod = pod();
        assertThat(pod.ready()).isTrue();
        pod.stop();
        assertThat(pod.ready()).isFalse();
        pod.remove();
    }

    @Test
    void aContainerRunsInAPodAndItsLogIsKept() {
        var pod = pod();
        var container = pod.started("main", "echo one; echo two >&2; exit 3");
        assertThat(pod.exited(container).getExitCode()).isEqualTo(3);
        assertThat(pod.log(container)).containsExactlyInAnyOrder("one", "two");
        pod.remove(container);
        assertThat(pod.ready()).isTrue();
    }
}
