package io.saya.cli.install;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.cli.Called;
import io.saya.cli.Installed;
import io.saya.cli.call.ExitCode;
import io.saya.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Docker's and CRI-O's files, and nerdctl's link. Scripts stand for the programs, of which Debian
 * has none or one that is too old.
 */
class OtherRegistrationsTest {
    private static final String DAEMON = "/etc/docker/daemon.json";

    @TempDir Path directory;
    private TestHost host = new TestHost(Path.of("/nowhere"));

    @BeforeEach
    void makeHost() throws IOException {
        host = TestHost.in(directory);
        Installed.in(directory).configure("accelerator = \"tcg\"");
        docker("28.0.1", 0);
        host.program(host.programs().resolve("docker"), "exit 1");
        host.program(host.programs().resolve("crio"), "exit 0");
    }

    private void docker(String version, int validated) throws IOException {
        host.program(
                host.programs().resolve("dockerd"),
                "[ \"$1\" = --version ] && echo Docker version "
                        + version
                        + ", build x && exit 0\n"
                        + "echo unable to configure; exit "
                        + validated);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{ }\n",
                "{\"log-level\":\"debug\"}",
                "{\n\t\"labels\": [\"runtimes\", \"{\"],\n\t\"x\": {\"runtimes\": {}}\n}\n",
                "{\"runtimes\":{}}",
                "{\n  \"runtimes\" : {\n    \"kata\": {\"runtimeType\": \"io.containerd.kata.v2\"}\n"
                        + "  },\n  \"default-runtime\": \"kata\"\n}",
                "{\"a\\\"runtimes\": 1, \"runtimes\": { }, \"b\": 2}"
            })
    void dockersFileComesBackByteForByte(String json) throws Exception {
        host.file(DAEMON, json);
        Map<String, String> before = host.everything();
        Called called = host.install("--docker");
        assertThat(called.exitCode()).as(called.err()).isEqualTo(ExitCode.OK);
        var installed = Json.parseObject(host.text(DAEMON));
        assertThat(
                        installed
                                .object("runtimes")
                                .flatMap(all -> all.object("saya"))
                                .flatMap(saya -> saya.string("runtimeType")))
                .hasValue("io.containerd.saya.v2");
        Json.parseObject(json)
                .members()
                .forEach(
                        (name, value) -> {
                            if (!name.equals("runtimes")) {
                                assertThat(installed.get(name)).isEqualTo(value);
                            }
                        });
        Map<String, String> once = host.everything();
        assertThat(host.install("--docker").err()).contains("nothing was changed");
        assertThat(host.everything()).isEqualTo(once);
        assertThat(host.uninstall("--docker").exitCode()).isEqualTo(ExitCode.OK);
        assertThat(host.everything()).isEqualTo(before);
    }

    @Test
    void aFileThatWasMadeForDockerIsRemoved() throws Exception {
        Map<String, String> before = host.everything();
        assertThat(host.install("--docker").exitCode()).isEqualTo(ExitCode.OK);
        assertThat(Json.parseObject(host.text(DAEMON)).object("runtimes")).isPresent();
        host.uninstall("--docker");
        assertThat(host.everything()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "[]", "{\"runtimes\": []}", "{\"runtimes\": {\"saya\": {}}}"})
    void whatDockerCannotReadStaysAsItIs(String json) throws Exception {
        host.file(DAEMON, json);
        Map<String, String> before = host.everything();
        Called called = host.install("--docker");
        assertThat(called.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(called.err()).contains("daemon.json").contains("nothing was changed");
        assertThat(host.everything()).isEqualTo(before);
    }

    @Test
    void aDockerThatRefusesItGetsItsFileBack() throws Exception {
        host.file(DAEMON, "{\"log-level\":\"debug\"}");
        docker("28.0.1", 1);
        Map<String, String> before = host.everything();
        Called called = host.install("--docker");
        assertThat(called.err()).contains("dockerd --validate refuses", "unable to configure");
        assertThat(host.everything()).isEqualTo(before);
    }

    @Test
    void aDockerThatIsTooOldIsTold() throws Exception {
        docker("20.10.24+dfsg1", 0);
        Called called = host.install("--docker");
        assertThat(called.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(called.err()).contains("is Docker 20 (expected: 23 or later");
    }

    @Test
    void criOGetsAFileOfItsOwn() throws Exception {
        assertThat(host.install("--crio").err()).contains("there is no").contains("/etc/crio");
        Files.createDirectories(host.at("/etc/crio"));
        Map<String, String> before = host.everything();
        Called called = host.install("--crio");
        assertThat(called.exitCode()).as(called.err()).isEqualTo(ExitCode.OK);
        assertThat(called.out()).contains("kind: RuntimeClass");
        assertThat(host.text("/etc/crio/crio.conf.d/50-saya.conf"))
                .contains("[crio.runtime.runtimes.saya]")
                .contains("runtime_root = \"/run/saya-crio\"");
        assertThat(host.install("--crio").err()).contains("nothing was changed");
        host.uninstall("--crio");
        assertThat(host.everything()).isEqualTo(before);
        host.program(host.programs().resolve("crio"), "echo bad; exit 1");
        assertThat(host.install("--crio").err()).contains("config fails").contains("bad");
        assertThat(host.everything()).isEqualTo(before);
    }

    @Test
    void criOIsAskedWhetherItKnowsTheRuntime() throws Exception {
        Files.createDirectories(host.at("/etc/crio"));
        assertThat(host.install("--crio").err()).contains("CRI-O does not run");
        Files.createDirectories(host.at("/run/crio"));
        Files.createFile(host.at("/run/crio/crio.sock"));
        host.program(host.programs().resolve("crio"), "echo '    [crio.runtime.runtimes.runc]'");
        assertThat(host.install("--crio").err()).contains("systemctl restart crio");
        host.program(host.programs().resolve("crio"), "echo '    [crio.runtime.runtimes.saya]'");
        assertThat(host.install("--crio").err()).contains("CRI-O: ready");
        host.program(
                host.programs().resolve("crio"),
                "[ \"$1\" != status ] || { echo No help topic; exit 1; }");
        assertThat(host.install("--crio").err()).contains("CRI-O cannot be asked");
    }

    @Test
    void theLinkGoesWithTheLastRegistration() throws Exception {
        Map<String, String> before = host.everything();
        host.install("--docker");
        host.install("--nerdctl");
        Path link = host.at("/usr/local/bin/containerd-shim-saya-v2");
        Called nerdctl = host.uninstall("--nerdctl");
        assertThat(nerdctl.err()).contains("stays, for Docker");
        assertThat(link).isSymbolicLink();
        host.uninstall("--docker");
        assertThat(host.everything()).isEqualTo(before);
    }

    @Test
    void aLinkOfAnInstallationThatWasReplacedIsMadeAnew() throws Exception {
        Path link = host.at("/usr/local/bin/containerd-shim-saya-v2");
        Files.createSymbolicLink(link, Path.of("/opt/saya-of-before/bin/shim"));
        assertThat(host.install("--nerdctl").exitCode()).isEqualTo(ExitCode.OK);
        assertThat(link.toRealPath())
                .isEqualTo(host.installation().resolve("bin/containerd-shim-saya-v2").toRealPath());
    }
}
