package io.saya.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ShimArgumentsTest {

    @Test
    void flagsComeInAllFormsAndInAnyOrder() {
        ShimArguments arguments =
                ShimArguments.parse(
                        new String[] {
                            "daemon",
                            "-namespace",
                            "k8s.io",
                            "--address=/run/containerd.sock",
                            "-id=c1",
                            "-debug",
                            "--bundle",
                            "/b",
                            "-publish-binary",
                            "/usr/bin/containerd",
                            ""
                        });

        assertThat(arguments)
                .isEqualTo(
                        new ShimArguments(
                                "daemon",
                                "k8s.io",
                                "/run/containerd.sock",
                                "/usr/bin/containerd",
                                "c1",
                                Path.of("/b"),
                                true));
    }

    @Test
    void unknownFlagsAreIgnored() {
        ShimArguments arguments =
                ShimArguments.parse(
                        new String[] {
                            "daemon", "-namespace", "n", "-future=1", "-id", "c", "-bundle", "/b"
                        });

        assertThat(arguments.id()).isEqualTo("c");
        assertThat(arguments.debug()).isFalse();
    }

    @Test
    void whatIsMissingIsNamed() {
        assertThatThrownBy(() -> ShimArguments.parse(new String[] {"daemon", "-namespace", "n"}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("-id is missing (expected: a value)");
    }
}
