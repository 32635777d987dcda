package io.saya.resources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.failure.RuntimeFailure;
import io.saya.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostSetsTest {

    @TempDir Path system;

    @BeforeEach
    void makeHost() throws IOException {
        Files.writeString(Files.createDirectory(system.resolve("cpu")).resolve("possible"), "0-3");
        Files.writeString(Files.createDirectory(system.resolve("node")).resolve("possible"), "0");
    }

    private void require(String resources) {
        HostSets.require(Json.parseObject(resources), system);
    }

    private void refused(String resources, String... why) {
        assertThatThrownBy(() -> require(resources))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContainingAll(why);
    }

    @Test
    void whatTheHostHasIsTakenInTheKernelsNotations() {
        require("{}");
        require("{\"cpu\":{\"cpus\":\"\",\"mems\":\"\"}}");
        require("{\"cpu\":{\"cpus\":\" 3,0-1\\n\",\"mems\":\"0\"}}");
        require("{\"cpu\":{\"cpus\":\"0-3:1/2\"}}");
        require("{\"cpu\":{\"cpus\":\"all\",\"mems\":\"all\\n\"}}");
        require("{\"cpu\":{\"cpus\":\"0,,1 2,\"}}");
    }

    @Test
    void whatItHasNotAndWhatIsNoListIsRefused() {
        refused("{\"cpu\":{\"cpus\":\"2-4\"}}", "cpuset.cpus '2-4'", "this host has 0-3");
        refused("{\"unified\":{\"cpuset.cpus\":\"x\"}}", "cpuset.cpus 'x'", "expected");
        refused("{\"cpu\":{\"mems\":\"1\"}}", "cpuset.mems '1'", "this host has 0");
    }

    @Test
    void aHostThatDoesNotTellRefusesNoNumber() throws IOException {
        Files.delete(system.resolve("node/possible"));
        require("{\"cpu\":{\"mems\":\"1\"}}");
        refused("{\"cpu\":{\"mems\":\"x\"}}", "cpuset.mems 'x'");
    }

    @Test
    void regionsEndWithCommasOrBlanks() {
        assertThat(CpuSet.parse(",0, 2,,3\n")).hasToString("0,2-3");
        assertThat(CpuSet.parse("0 -1")).isEqualTo(CpuSet.NONE);
        assertThat(CpuSet.parse(" , ")).isEqualTo(CpuSet.NONE);
    }

    @Test
    void aPatternIsOfEachGroupTheFirst() {
        assertThat(CpuSet.parse("0-7:2/4,9")).hasToString("0-1,4-5,9");
        assertThat(CpuSet.parse("1-3:1/2")).hasToString("1,3");
        for (String wrong : new String[] {"0-7:2", "0-7:0/4", "0-7:5/4", "3:1/2", "0-7:1/0"}) {
            assertThat(CpuSet.parse(wrong)).isEqualTo(CpuSet.NONE);
        }
    }
}
