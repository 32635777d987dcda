package io.saya.cli.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.cli.check.Finding.Verdict;
import io.saya.cli.host.HostFiles;
import io.saya.config.load.ConfigLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who calls the runtime, on hosts that are directories of files. */
class HandlerChecksTest {
    private static final String DEBIAN_12 =
            "containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u2";

    private static final String CONTAINERD =
            """
            version = 2
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.saya]
              runtime_type = "io.containerd.saya.v2"
            """;

    private static final String CRIO =
            """
            [crio.runtime.runtimes.saya]
              runtime_path = "/opt/saya/bin/containerd-shim-saya-v2"
              runtime_type = "vm"
            """;

    @TempDir Path root;
    private CheckedHost host;

    @BeforeEach
    void makeHost() {
        host =
                new CheckedHost(
                        new HostFiles(root),
                        new ConfigLoader(root).builtIn(),
                        root,
                        root.resolve("run"),
                        true);
    }

    private void file(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(root.resolve(path).getParent());
        Files.writeString(file, text);
    }

    private Finding found(String version) {
        return HandlerChecks.handler(host, () -> version);
    }

    @Test
    void itIsFoundWhereContainerdHasIt() throws Exception {
        assertThat(found("").verdict()).isEqualTo(Verdict.WARN);
        file("etc/containerd/config.toml", "version = 2\n");
        assertThat(found("").text()).contains("has no runtime of type");
        file("etc/containerd/config.toml", CONTAINERD);
        assertThat(found(DEBIAN_12))
                .isEqualTo(
                        Finding.pass("handler", "/etc/containerd/config.toml:3: runtime 'saya'"));
        file("etc/containerd/config.toml", "version = \n");
        assertThat(found("").text()).contains("config.toml:1");
    }

    @Test
    void aDropInCountsToo() throws Exception {
        file("etc/containerd/config.toml", "version = 2\n");
        file("etc/containerd/conf.d/10-other.toml", "version = 2\n");
        file("etc/containerd/conf.d/50-saya.toml", CONTAINERD);
        assertThat(found("").text())
                .isEqualTo("/etc/containerd/conf.d/50-saya.toml:3: runtime 'saya'");
    }

    @Test
    void aPathThatContainerdIgnoresIsToldWithTheWayOut() throws Exception {
        file(
                "etc/containerd/config.toml",
                CONTAINERD + "runtime_path = \"/opt/saya/bin/containerd-shim-saya-v2\"\n");
        Finding finding = found(DEBIAN_12);
        assertThat(finding.verdict()).isEqualTo(Verdict.WARN);
        assertThat(finding.text()).contains("ignores its runtime_path").contains("1.6.20");
        assertThat(finding.advice())
                .contains(
                        "ln -s /opt/saya/bin/containerd-shim-saya-v2"
                                + " /usr/local/bin/containerd-shim-saya-v2");
        assertThat(found("containerd containerd.io 1.7.30 abc").verdict()).isEqualTo(Verdict.PASS);
        file("usr/local/bin/containerd-shim-saya-v2", "");
        assertThat(found(DEBIAN_12).verdict()).isEqualTo(Verdict.PASS);
    }

    @ParameterizedTest
    @CsvSource({
        "1.5.18, true",
        "1.6.20~ds1, true",
        "v1.6.21, false",
        "1.7.0, true",
        "1.7.1, false",
        "2.0.0, false",
        "unknown, false"
    })
    void whichVersionsIgnoreIt(String version, boolean ignores) {
        assertThat(HandlerChecks.ignoresRuntimePath("containerd containerd.io " + version))
                .isEqualTo(ignores);
    }

    @Test
    void criOWithoutAnAbsoluteRootStartsNothing() throws Exception {
        file("etc/crio/crio.conf.d/50-saya.conf", CRIO);
        Finding missing = found("");
        assertThat(missing.verdict()).isEqualTo(Verdict.FAIL);
        assertThat(missing.text()).contains("50-saya.conf:2").contains("no runtime_root");
        file("etc/crio/crio.conf.d/50-saya.conf", CRIO + "  runtime_root = \"run\"\n");
        assertThat(found("").text()).contains("runtime_root = \"run\"");
        file("etc/crio/crio.conf.d/50-saya.conf", CRIO + "  runtime_root = \"/run/saya-crio\"\n");
        assertThat(found("").verdict()).isEqualTo(Verdict.PASS);
    }
}
