package io.saya.resources;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.failure.RuntimeFailure;
import io.saya.json.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LimitBoundsTest {

    private static void require(String resources) {
        LimitBounds.require(Json.parseObject(resources));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"cpu\":{\"shares\":0,\"period\":0,\"quota\":0},\"memory\":{\"limit\":0,\"swap\":0}}",
                "{\"cpu\":{\"shares\":2,\"period\":1000,\"quota\":1000}}",
                "{\"cpu\":{\"shares\":262144,\"period\":1000000,\"quota\":9223372036854775807}}",
                "{\"cpu\":{\"quota\":-2},\"memory\":{\"limit\":-1,\"swap\":-1,\"reservation\":-1}}",
                "{\"memory\":{\"limit\":1,\"swap\":9223372036854775807}}",
            })
    void whatRuncTakesIsTaken(String resources) {
        require(resources);
    }

    @ParameterizedTest
    @CsvSource({
        "cpu, shares, 1",
        "cpu, shares, 262145",
        "cpu, shares, 18446744073709551615",
        "cpu, shares, -1",
        "cpu, period, 999",
        "cpu, period, 1000001",
        "cpu, period, 18446744073709551615",
        "cpu, quota, 999",
        "memory, limit, -2",
        "memory, swap, -5",
        "memory, reservation, -2",
    })
    void theRestIsRefusedByName(String controller, String limit, String value) {
        assertThatThrownBy(
                        () -> require("{\"%s\":{\"%s\":%s}}".formatted(controller, limit, value)))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageStartingWith(controller + "." + limit + " " + value + " (expected: ");
    }

    @Test
    void whatIsExpectedIsSaid() {
        assertThatThrownBy(() -> require("{\"cpu\":{\"shares\":1}}"))
                .hasMessage("cpu.shares 1 (expected: 2 to 262144)");
        assertThatThrownBy(() -> require("{\"cpu\":{\"quota\":5}}"))
                .hasMessage("cpu.quota 5 (expected: at least 1000, or -1 for no limit)");
    }
}
