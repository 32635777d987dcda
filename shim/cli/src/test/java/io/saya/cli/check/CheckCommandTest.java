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
    void theOverheadIsThatOfTheConfiguration() throws IOException {
        Installed installed = Installed.in(directory);
        installed.configure("accelerator = \"tcg\"\ndefault_memory = 2048");
        Called check = installed.saya("check", "--overhead");
        assertThat(check.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(check.out())
                .startsWith("apiVersion: node.k8s.io/v1\nkind: RuntimeClass\n")
                .contains("memory: \"304Mi\"")
                .contains("cpu: \"250m\"");
        installed.configure("accelerator = \"tcg\"\ndefault_memory = 8192");
        assertThat(installed.saya("check", "--overhead").out()).contains("memory: \"400Mi\"");
    }
}
