package io.saya.shim.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.failure.RuntimeFailure;
import io.saya.failure.RuntimeFailure.Kind;
import io.saya.ttrpc.TtrpcStatusException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatusMapperTest {

    /** By shim/containerd.md#codes. */
    @ParameterizedTest
    @CsvSource({
        "NOT_FOUND, 5",
        "ALREADY_EXISTS, 6",
        "FAILED_PRECONDITION, 9",
        "INVALID_ARGUMENT, 3",
        "UNAVAILABLE, 14",
        "RESOURCE_EXHAUSTED, 8",
        "DEADLINE_EXCEEDED, 4",
        "UNIMPLEMENTED, 12",
        "INTERNAL, 13",
    })
    void aKindOfFailureIsOneCode(Kind kind, int code) {
        TtrpcStatusException status = StatusMapper.status(new RuntimeFailure(kind, "why"));

        assertThat(status.code().number()).isEqualTo(code);
        assertThat(status).hasMessage("why");
    }
}
