package io.saya.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonNumberTest {

    @Test
    void unsigned64BitIntegersAreExact() {
        JsonNumber greatest = (JsonNumber) Json.parse("18446744073709551615");
        assertThat(greatest.asUnsignedLong()).isEqualTo(-1L);
        assertThat(greatest).hasToString("18446744073709551615");
        assertThatExceptionOfType(JsonException.class).isThrownBy(greatest::asLong);
        assertThat(((JsonNumber) Json.parse("9007199254740993")).asLong())
                .isEqualTo(9007199254740993L);
    }

    @Test
    void rangesEndWhereTheTypeEnds() {
        assertThat(new JsonNumber("-9223372036854775808").asLong()).isEqualTo(Long.MIN_VALUE);
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> new JsonNumber("9223372036854775808").asLong())
                .withMessage("number: 9223372036854775808 (expected: an integer of 64 bits)");
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> new JsonNumber("18446744073709551616").asUnsignedLong());
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> new JsonNumber("-1").asUnsignedLong());
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.0", "1e3", "1.5", "-0.0"})
    void fractionsAndExponentsAreNoIntegers(String literal) {
        JsonNumber number = new JsonNumber(literal);
        assertThatExceptionOfType(JsonException.class).isThrownBy(number::asLong);
        assertThatExceptionOfType(JsonException.class).isThrownBy(number::asUnsignedLong);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-", "1,2", "01", "1 ", " 1", "1f", "NaN", "0x10"})
    void theGrammarIsChecked(String literal) {
        assertThatExceptionOfType(JsonException.class).isThrownBy(() -> new JsonNumber(literal));
    }

    @Test
    void aMillionDigitsMakeAShortMessage() {
        JsonNumber monster = new JsonNumber("9".repeat(1_000_000));
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(monster::asLong)
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(120));
    }
}
