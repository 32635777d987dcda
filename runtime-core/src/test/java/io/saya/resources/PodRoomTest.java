package io.saya.resources;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodRoomTest {
    private static final long MIB = 1 << 20;

    @ParameterizedTest
    @CsvSource({
        // The machine takes 228 MiB of the pod's limit.
        "1072, 768, 844",
        "1072, 0, 844",
        // An overhead that is too small: no container is killed before its own limit.
        "800, 768, 768",
        "768, 768, 768",
        "500, 768, 500",
        // Hardly room for a machine: something is left for the containers.
        "240, 0, 60",
        "4, 0, 1",
    })
    void isThePodsLimitLessTheMachine(long podMib, long demandedMib, long expectedMib) {
        assertThat(PodRoom.forContainers(OptionalLong.of(podMib * MIB), demandedMib * MIB))
                .hasValue(expectedMib * MIB);
    }

    @ParameterizedTest
    @CsvSource({"0", "1000000"})
    void withoutALimitThereIsNone(long demanded) {
        assertThat(PodRoom.forContainers(OptionalLong.empty(), demanded)).isEmpty();
    }
}
