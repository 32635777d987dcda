package io.saya.cli.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.cli.Called;
import io.saya.cli.Installed;
import io.saya.cli.call.ExitCode;
import io.saya.json.Json;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckCommandTest {
    @TempDir Path directory;

    @Test
    void whatStandsInTheWayIsAFailureWithAdvice() throws IOException {
        Installed installed = Installed.in(directory);
        installed.configure("accelerator = \"tcg\"");
        Called check = installed.saya("check");
        // Neither the launcher nor the Java runtime is there.
        assertThat(check.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(check.out())
                .contains("pass  configuration  " + installed.file())
                .contains("fail  installation   " + directory)
                .contains("-> the installation is incomplete")
                .contains("pass  kvm            not wanted");
        assertThat(check.err()).contains("cannot run containers");
    }

    @Test
    void aBrokenConfigurationIsOneOfTheFindings() throws IOException {
        Installed installed = Installed.in(directory);
        installed.configure("accelerator = \"xen\"");
        Called check = installed.saya("check", "--json");
        assertThat(check.exitCode()).isEqualTo(ExitCode.FAILED);
        JsonObject json = Json.parseObject(check.out());
        assertThat(json.bool("capable")).hasValue(false);
        assertThat(json.array("checks").orElse(JsonArray.EMPTY).objects())
                .anySatisfy(
                        finding -> {
                            assertThat(finding.string("check")).hasValue("configuration");
                            assertThat(finding.string("verdict")).hasValue("fail");
                            assertThat(finding.string("text").orElse("")).contains(":6:");
                        });
    }

    @Test
    void aNodeIsToldInOneLine() throws IOException {
        Installed installed = Installed.in(directory);
        installed.configure("accelerator = \"tcg\"");
        Called check = installed.saya("check", "--node");
        assertThat(check.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(check.out()).startsWith("not ready: installation: " + directory).hasLineCount(1);
    }

    @Test
    void aNodeNeedsAHandlerAndAHostDoesNot() {
        Finding kvm = Finding.pass("kvm", "not wanted; emulated (TCG)");
        Finding handler = Finding.pass(HandlerChecks.NAME, "config.toml:3: runtime 'saya'");
        assertThat(NodeSummary.of(List.of(kvm, handler), true, _ -> false))
                .isEqualTo("ready, emulated (TCG), config.toml:3: runtime 'saya'");
        Finding none = Finding.warn(HandlerChecks.NAME, "there is none", "");
        assertThat(NodeSummary.of(List.of(kvm, none), false, none::equals))
                .isEqualTo("not ready: handler: there is none");
    }

    @Test
    void theOverheadIsNoLessThanWhatWasMeasured() {
        Overhead computed = new Overhead(304, 250);
        MeasuredOverhead less = new MeasuredOverhead("booted", 60, 110, 4, 40, 1500, 12);
        assertThat(computed.atLeast(less, false)).isEqualTo(computed);
        MeasuredOverhead more = new MeasuredOverhead("restored", 90, 200, 4, 40, 120, 200);
        assertThat(computed.atLeast(more, false)).isEqualTo(new Overhead(326, 400));
        assertThat(computed.atLeast(more, true)).isEqualTo(new Overhead(366, 400));
        assertThat(more.describe())
                .isEqualTo(
                        "# measured, started from a template: QEMU 90 MiB, of the guest's memory"
                                + " 200 MiB, virtiofsd 4 MiB (daemon and guard 40 MiB); processor:"
                                + " 0.1 s to start, 200m idle\n");
    }

    @Test
    void theOverheadIsThatOfTheConfiguration() throws IOException {
        Installed installed = Installed.in(directory);
        installed.configure("accelerator = \"tcg\"\ndefault_memory = 2048");
        Called check = installed.saya("check", "--overhead");
        assertThat(check.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(check.out())
                .startsWith("apiVersion: node.k8s.io/v1\nkind: RuntimeClass\n")
                .contains("memory: \"304Mi\"")
                .contains("cpu: \"250m\"", "# not measured: ");
        installed.configure("accelerator = \"tcg\"\ndefault_memory = 8192");
        assertThat(installed.saya("check", "--overhead").out()).contains("memory: \"400Mi\"");
    }
}
