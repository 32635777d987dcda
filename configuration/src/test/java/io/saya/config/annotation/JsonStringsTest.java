package io.saya.config.annotation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonStringsTest {

    @Test
    void arraysOfStringsAreRead() {
        assertThat(JsonStrings.parse(" [ ] ")).isEqualTo(List.of());
        assertThat(JsonStrings.parse("[\"a\" , \"b c\"]\n")).isEqualTo(List.of("a", "b c"));
        assertThat(JsonStrings.parse("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"]"))
                .isEqualTo(List.of("\"\\/\b\f\n\r\t\u00e9"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "\"a\"",
                "[",
                "[a]",
                "[1]",
                "[\"a\"",
                "[\"a]",
                "[\"a\",]",
                "[\"a\"] x",
                "[\"a\" \"b\"]",
                "[\"\\x\"]",
                "[\"\\u12\"]",
                "[\"\\u12g4\"]",
                "[\"\n\"]",
                "[[\"a\"]]",
                "[\"a\\"
            })
    void everythingElseIsNot(String text) {
        assertThat(JsonStrings.parse(text)).isNull();
    }
}
