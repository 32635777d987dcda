package io.saya.cli.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.cli.Called;
import io.saya.cli.Installed;
import io.saya.cli.call.ExitCode;
import io.saya.cli.host.Program;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Registration with the real containerd of this machine, on hosts that are directories. */
class ContainerdRegistrationTest {
    private static final String CONFIG = "/etc/containerd/config.toml";

    /** Debian's, in which the CRI plugin has a table. */
    private static final String DEBIAN =
            """
            version = 2

            [plugins]
              [plugins."io.containerd.grpc.v1.cri"]
                [plugins."io.containerd.grpc.v1.cri".cni]
                  bin_dir = "/usr/lib/cni"
                  conf_dir = "/etc/cni/net.d"
            """;

    @TempDir Path directory;
    private TestHost host = new TestHost(Path.of("/nowhere"));

    @BeforeEach
    void makeHost() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/containerd")), "containerd is here");
        host = TestHost.in(directory);
        Installed.in(directory).configure("accelerator = \"tcg\"");
    }

    private String dump() throws IOException {
        return Program.run(
                        Duration.ofSeconds(10),
                        Path.of("/usr/bin/containerd"),
                        "--config",
                        host.at(CONFIG).toString(),
                        "config",
                        "dump")
                .output();
    }

    /** Each of these was found to be a way to lose a byte. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "version = 2\n",
                "version = 2",
                "version = 2\n\n\n",
                "version = 2\r\n[grpc]\r\n  uid = 0\r\n",
                "# nothing but this: \u00e9\n",
                "",
                DEBIAN
            })
    void whatWasThereComesBackByteForByte(String config) throws Exception {
        host.file(CONFIG, config);
        Files.setPosixFilePermissions(
                host.at(CONFIG), PosixFilePermissions.fromString("rw-r-----"));
        Map<String, String> before = host.everything();

        Called installed = host.install("--containerd");

        assertThat(installed.exitCode()).as(installed.err()).isEqualTo(ExitCode.OK);
        assertThat(installed.out()).startsWith("apiVersion: node.k8s.io/v1").contains("podFixed");
        assertThat(dump())
                .contains("runtimes.saya]", "runtime_type = \"io.containerd.saya.v2\"")
                .contains("runtime_path = \"" + host.at("/usr/local/bin/containerd-shim-saya-v2"));
        assertThat(host.at("/usr/local/bin/containerd-shim-saya-v2").toRealPath())
                .isEqualTo(host.installation().resolve("bin/containerd-shim-saya-v2").toRealPath());
        assertThat(host.text(CONFIG + ".before-saya")).isEqualTo(config);

        Map<String, String> once = host.everything();
        assertThat(host.install("--containerd").err()).contains("nothing was changed");
        assertThat(host.everything()).isEqualTo(once);

        Called uninstalled = host.uninstall("--containerd");
        assertThat(uninstalled.exitCode()).as(uninstalled.err()).isEqualTo(ExitCode.OK);
        assertThat(host.everything()).isEqualTo(before);
        assertThat(host.uninstall("--containerd").err()).contains("nothing of saya install");
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void aFileThatWasMadeIsRemovedAndItsDirectoryToo(boolean directoryWasThere) throws Exception {
        if (directoryWasThere) {
            Files.createDirectory(host.at("/etc/containerd"));
        }
        Map<String, String> before = host.everything();
        assertThat(host.install("--containerd").exitCode()).isEqualTo(ExitCode.OK);
        assertThat(host.text(CONFIG)).contains("version = 2\n");
        assertThat(host.install("--containerd").err()).contains("nothing was changed");
        assertThat(host.uninstall("--containerd").exitCode()).isEqualTo(ExitCode.OK);
        assertThat(host.everything()).isEqualTo(before);
    }

    /** containerd 1.6 forgets its built-in runc as soon as a file names any runtime. */
    @Test
    void runcIsNotForgotten() throws Exception {
        host.file(CONFIG, DEBIAN);
        String before = dump();
        assertThat(before).contains("runtimes.runc]", "bin_dir = \"/usr/lib/cni\"");
        host.install("--containerd");
        assertThat(dump())
                .contains("runtimes.runc]", "runtime_type = \"io.containerd.runc.v2\"")
                .contains("bin_dir = \"/usr/lib/cni\"")
                .contains("default_runtime_name = \"runc\"");
    }

    /** It replaces the plugin's table there: CNI's directories would be lost. */
    @Test
    void aDropInThatWouldLoseSomethingBecomesABlock() throws Exception {
        host.file(
                CONFIG,
                "imports = [\"" + host.at("/etc/containerd/conf.d") + "/*.toml\"]\n" + DEBIAN);
        Files.createDirectories(host.at("/etc/containerd/conf.d"));
        Called called = host.install("--containerd");
        assertThat(called.exitCode()).as(called.err()).isEqualTo(ExitCode.OK);
        assertThat(called.err()).contains("would replace what").contains("block in that file");
        assertThat(host.at("/etc/containerd/conf.d")).isEmptyDirectory();
        assertThat(dump()).contains("runtimes.saya]", "runtimes.runc]", "\"/usr/lib/cni\"");
    }

    @Test
    void whereNothingIsLostADropInIsWrittenAndTheFileStays() throws Exception {
        String config =
                "version = 2\nimports = [\""
                        + host.at("/etc/containerd/conf.d")
                        + "/*.toml\"]\n"
                        + "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc]\n"
                        + "  runtime_type = \"io.containerd.runc.v2\"\n";
        host.file(CONFIG, config);
        Map<String, String> before = host.everything();
        Called called = host.install("--containerd");
        assertThat(called.exitCode()).as(called.err()).isEqualTo(ExitCode.OK);
        // Whether containerd merges the tables is containerd's to say.
        if (Files.exists(host.at("/etc/containerd/conf.d/50-saya.toml"))) {
            assertThat(host.text(CONFIG)).isEqualTo(config);
        }
        assertThat(dump()).contains("runtimes.saya]", "runtimes.runc]");
        assertThat(host.uninstall("--containerd").exitCode()).isEqualTo(ExitCode.OK);
        assertThat(host.everything()).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "version = 1\\n[plugins.cri]\\n|version = 1 (expected: version = 2",
                "[plugins.cri]\\nenable_selinux = false\\n|no version, which makes it version 1",
                "version = 4\\n|version = 4 (expected",
                "version = \"2\"\\n|version = 2 (expected",
                "version = 2\\nfoo = [\\n|config.toml:",
                "version = 3\\n|does not find a runtime that is added",
                "version = 2\\n[grpc]\\nuid = \"x\"\\n|containerd does not read",
                "version = 2\\nplugins = 3\\n|does not read"
            })
    void whatCannotBeReadStaysAsItIs(String config, String told) throws Exception {
        host.file(CONFIG, config.replace("\\n", "\n"));
        Map<String, String> before = host.everything();
        Called called = host.install("--containerd");
        assertThat(called.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(called.err()).contains(told);
        assertThat(host.everything()).isEqualTo(before);
    }

    @Test
    void bytesThatAreNoTextAndFilesThatAreNoneStayAsTheyAre() throws Exception {
        host.file(CONFIG, "");
        Files.write(host.at(CONFIG), "version = 2 # \u00e9".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(host.install("--containerd").err()).contains("not UTF-8");
        Files.delete(host.at(CONFIG));
        Files.createDirectory(host.at(CONFIG));
        assertThat(host.install("--containerd").err()).contains("not a regular file");
    }

    @Test
    void whatAnOperatorWroteIsLeft() throws Exception {
        String ours =
                DEBIAN
                        + "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.saya]\n"
                        + "  runtime_type = \"io.containerd.saya.v2\"\n";
        host.file(CONFIG, ours);
        Called called = host.install("--containerd");
        assertThat(called.exitCode()).as(called.err()).isEqualTo(ExitCode.OK);
        assertThat(called.err()).contains("config.toml:9 registers it already, by hand");
        assertThat(host.text(CONFIG)).isEqualTo(ours);
        host.file(CONFIG, ours.replace("saya.v2", "kata.v2"));
        assertThat(host.install("--containerd").err())
                .contains("runtime_type = \"io.containerd.kata.v2\"")
                .contains("give that one another name");
    }

    @Test
    void editsMadeSinceStay() throws Exception {
        host.file(CONFIG, DEBIAN);
        host.install("--containerd");
        host.file(CONFIG, "# first\n" + host.text(CONFIG) + "# last\n");
        Called called = host.uninstall("--containerd");
        assertThat(called.err()).contains("edited since");
        assertThat(host.text(CONFIG)).isEqualTo("# first\n" + DEBIAN + "# last\n");
    }

    @Test
    void aBlockThatWasCutIsNotGuessedAt() throws Exception {
        host.file(CONFIG, DEBIAN);
        host.install("--containerd");
        String cut = host.text(CONFIG).replace(MarkedBlock.END, "");
        host.file(CONFIG, cut);
        Called called = host.uninstall("--containerd");
        assertThat(called.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(called.err()).contains("not one whole block", "by hand");
        assertThat(host.text(CONFIG)).isEqualTo(cut);
    }

    @Test
    void aDryRunTellsAndChangesNothing() throws Exception {
        host.file(CONFIG, DEBIAN);
        Map<String, String> before = host.everything();
        Called called = host.install("--containerd", "--dry-run");
        assertThat(called.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(called.err())
                .contains("would link   " + host.at("/usr/local/bin/"))
                .contains("would change " + host.at(CONFIG));
        assertThat(host.everything()).isEqualTo(before);
        host.install("--containerd");
        Map<String, String> installed = host.everything();
        assertThat(host.uninstall("--all", "--dry-run").err()).contains("would change");
        assertThat(host.everything()).isEqualTo(installed);
    }

    @Test
    void aLinkThroughWhichTheConfigurationIsReadStaysOne() throws Exception {
        host.file("/etc/managed/containerd.toml", DEBIAN);
        Files.createDirectories(host.at("/etc/containerd"));
        Files.createSymbolicLink(host.at(CONFIG), host.at("/etc/managed/containerd.toml"));
        Map<String, String> before = host.everything();
        assertThat(host.install("--containerd").exitCode()).isEqualTo(ExitCode.OK);
        assertThat(host.at(CONFIG)).isSymbolicLink();
        assertThat(dump()).contains("runtimes.saya]");
        host.uninstall("--containerd");
        assertThat(host.everything()).isEqualTo(before);
    }

    @Test
    void theNameOfAnotherInstallationIsNotTaken() throws Exception {
        host.file(CONFIG, DEBIAN);
        host.program(host.at("/usr/bin/containerd-shim-saya-v2"), "exit 0");
        Called called = host.install("--containerd");
        assertThat(called.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(called.err()).contains("is the shim of another installation");
        assertThat(host.text(CONFIG)).isEqualTo(DEBIAN);
    }

    @Test
    void aPackagesNameServesAndNoLinkIsMade() throws Exception {
        host.file(CONFIG, DEBIAN);
        Path name = host.at("/usr/bin/containerd-shim-saya-v2");
        Files.createSymbolicLink(name, host.installation().resolve("bin/containerd-shim-saya-v2"));
        assertThat(host.install("--containerd").exitCode()).isEqualTo(ExitCode.OK);
        assertThat(host.text(CONFIG)).contains("runtime_path = \"" + name + '"');
        assertThat(host.at("/usr/local/bin")).isEmptyDirectory();
        host.uninstall("--containerd");
        assertThat(name).isSymbolicLink();
    }

    @Test
    void aFileThatCannotBeWrittenLeavesNothingHalfDone() throws Exception {
        host.file(CONFIG, DEBIAN);
        // The last change fails: a directory that is not empty has the backup's name.
        Files.createDirectories(host.at(CONFIG + ".before-saya/x"));
        Map<String, String> before = host.everything();
        assertThat(host.install("--containerd").exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(host.everything()).isEqualTo(before);
    }

    @Test
    void whoIsMeantMustBeSaid() {
        assertThat(host.install().err()).contains("which container manager?");
        assertThat(host.uninstall().err()).contains("which container manager?");
    }
}
