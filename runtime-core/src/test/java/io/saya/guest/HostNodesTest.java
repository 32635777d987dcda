package io.saya.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.config.MemoryConfig.Numa;
import io.saya.hypervisor.VmSpec.MemoryNode;
import io.saya.json.Json;
import io.saya.json.JsonObject;
import io.saya.resources.CpuSet;
import java.util.List;
import org.junit.jupiter.api.Test;

final class HostNodesTest {
    private static final HostNodes ONE = new HostNodes(CpuSet.parse("0"));
    private static final HostNodes FOUR = new HostNodes(CpuSet.parse("0-1,4-5\n"));
    private static final Numa ALL = new Numa(true, List.of());

    @Test
    void aGuestHasANodeForEachOfTheHosts() throws Exception {
        assertThat(FOUR.guests(ALL, 2048))
                .containsExactly(
                        new MemoryNode(List.of(0)),
                        new MemoryNode(List.of(1)),
                        new MemoryNode(List.of(4)),
                        new MemoryNode(List.of(5)));
        assertThat(FOUR.guests(new Numa(false, List.of("0")), 2048)).isEmpty();
    }

    @Test
    void aHostWithOneChangesNothingUnlessAMappingSaysSo() throws Exception {
        assertThat(ONE.guests(ALL, 2048)).isEmpty();
        assertThat(ONE.guests(new Numa(true, List.of("0", "0")), 2048)).hasSize(2);
    }

    @Test
    void aMappingNamesTheHostsAndNothingThatTheHostHasNot() throws Exception {
        assertThat(FOUR.guests(new Numa(true, List.of("0-1", "4,5")), 2048))
                .containsExactly(new MemoryNode(List.of(0, 1)), new MemoryNode(List.of(4, 5)));
        for (String wrong : List.of("2", "0-4", "", "a")) {
            assertThatThrownBy(() -> FOUR.guests(new Numa(true, List.of(wrong)), 2048))
                    .hasMessageContaining("numa_mapping in [hypervisor.qemu]: '" + wrong + "'")
                    .hasMessageContaining("it has 0-1,4-5");
        }
    }

    @Test
    void aSmallMachineHasFewerNodes() throws Exception {
        assertThat(FOUR.guests(ALL, 300)).hasSize(2);
        assertThat(FOUR.guests(ALL, 64)).hasSize(1);
    }

    @Test
    void nodesOfTheHostAreLeftOutOfLimits() {
        var told =
                Json.parseObject(
                        "{\"cpu\":{\"cpus\":\"1\",\"mems\":\"1\"},\"memory\":{\"limit\":1}}");
        assertThat(HostNodes.leftOutOf(told).toString())
                .isEqualTo("{\"cpu\":{\"cpus\":\"1\"},\"memory\":{\"limit\":1}}");
        assertThat(HostNodes.leftOutOf(JsonObject.EMPTY)).isEqualTo(JsonObject.EMPTY);
    }

    @Test
    void thisHostHasSome() throws Exception {
        assertThat(HostNodes.ofHost().nodes().count()).isPositive();
    }
}
