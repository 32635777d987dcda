package io.saya.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonReaderTest {

    @Test
    void everyKindOfValueIsRead() {
        assertThat(
                        Json.parse(
                                " { \"a\" : [ 1 , -2.5e+3 , true , false , null , \"x\" , {} , [] ] } "))
                .isEqualTo(
                        JsonObject.builder()
                                .put(
                                        "a",
                                        JsonArray.of(
                                                new JsonNumber("1"),
                                                new JsonNumber("-2.5e+3"),
                                                new JsonBool(true),
                                                new JsonBool(false),
                                                JsonNull.NULL,
                                                new JsonString("x"),
                                                JsonObject.EMPTY,
                                                JsonArray.EMPTY))
                                .build());
    }

    @Test
    void membersKeepTheirOrder() {
        assertThat(Json.parseObject("{\"z\":1,\"a\":2,\"m\":3}").members().keySet())
                .containsExactly("z", "a", "m");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"\"|``",
                "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"|`\"\\/\b\f\n\r\t`",
                "\"\\u0041\\u00e9\\uD834\\udd1e\"|A\u00e9\ud834\udd1e",
                "\"\ud834\udd1e\"|\ud834\udd1e",
                "\"plain \\u0000 after\"|plain \0 after",
            })
    void stringsAreUnescaped(String text, String expected) {
        assertThat(Json.parse(text)).isEqualTo(new JsonString(expected));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "nul",
                "nulll",
                "True",
                "NaN",
                "Infinity",
                "-",
                "+1",
                "01",
                "-01",
                "1.",
                ".5",
                "1e",
                "1e+",
                "0x1",
                "1_000",
                "\u0661",
                "[",
                "[1",
                "[1,",
                "[1,]",
                "[,]",
                "[1 2]",
                "{",
                "{\"a\"",
                "{\"a\":",
                "{\"a\":1",
                "{\"a\":1,",
                "{\"a\":1,}",
                "{a:1}",
                "{1:1}",
                "{'a':1}",
                "{\"a\" 1}",
                "{\"a\":1 \"b\":2}",
                "\"",
                "\"\\",
                "\"\\x\"",
                "\"\\u12\"",
                "\"\\u12g4\"",
                "\"\\u\u0661234\"",
                "\"a\nb\"",
                "\"\\n\u0001\"",
                "\"\\ud834\"",
                "\"\\ud834x\"",
                "\"\\udd1e\"",
                "\"\ud834\"",
                "\"\udd1e\"",
                "\"\\ud834\\u0041\"",
                "1 2",
                "{} {}",
                "[]]",
                "// comment\n1",
                "\ufeff1",
                "\u00a01",
                "'a'",
            })
    void whatIsNotJsonIsRefused(String text) {
        assertThatExceptionOfType(JsonException.class).isThrownBy(() -> Json.parse(text));
    }

    @Test
    void everyPrefixOfATextIsRefused() {
        String text = "{\"a\":[1.5e-3,\"\\u00e9\\\"\",true,null],\"b\":{}}";
        for (int length = 0; length < text.length(); length++) {
            String prefix = text.substring(0, length);
            assertThatExceptionOfType(JsonException.class)
                    .as(prefix)
                    .isThrownBy(() -> Json.parse(prefix));
        }
    }

    @Test
    void aMemberMayNotAppearTwice() {
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> Json.parse("{\"a\":1,\n \"a\":null}"))
                .withMessage(
                        "second member with the same name at line 2, column 2"
                                + " (expected: different names)");
    }

    @Test
    void messagesSayWhereAndWhat() {
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> Json.parse("{\n  \"a\": ?\n}"))
                .withMessage("'?' at line 2, column 8 (expected: a value)");
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> Json.parse("[1"))
                .withMessage("end of text at line 1, column 3 (expected: ']')");
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> Json.parse("\"\u001b\""))
                .withMessage(
                        "character 27 at line 1, column 2"
                                + " (expected: no control character in a string)");
    }

    @Test
    void nestingIsBounded() {
        String deepest = "[".repeat(Json.MAX_DEPTH + 1) + "]".repeat(Json.MAX_DEPTH + 1);
        assertThat(Json.parse(deepest)).isInstanceOf(JsonArray.class);
        for (String bomb :
                new String[] {
                    "[" + deepest + "]", "[".repeat(1_000_000), "{\"a\":".repeat(500_000)
                }) {
            assertThatExceptionOfType(JsonException.class)
                    .isThrownBy(() -> Json.parse(bomb))
                    .withMessageStartingWith("nested too deep at line 1, column ");
        }
    }

    @Test
    void lengthIsBounded() {
        String blank = " ".repeat(Json.MAX_LENGTH);
        assertThat(Json.parse("1" + blank.substring(1))).isEqualTo(JsonNumber.of(1));
        assertThatExceptionOfType(JsonException.class).isThrownBy(() -> Json.parse("1" + blank));
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> Json.parse(new byte[Json.MAX_LENGTH + 1]))
                .withMessage("length: 16777217 (expected: at most 16777216)");
    }

    @Test
    void bytesMustBeUtf8() {
        assertThat(Json.parse("\"\u00e9\ud834\udd1e\"".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(new JsonString("\u00e9\ud834\udd1e"));
        byte[][] malformed = {
            {'"', (byte) 0xe9, '"'}, // Latin-1
            {'"', (byte) 0xc0, (byte) 0x80, '"'}, // overlong NUL
            {'"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"'}, // a surrogate
            {(byte) 0xef, (byte) 0xbb, (byte) 0xbf, '1'}, // a byte order mark
            {'"', (byte) 0xf0, (byte) 0x9d}, // cut off
        };
        for (byte[] bytes : malformed) {
            assertThatExceptionOfType(JsonException.class).isThrownBy(() -> Json.parse(bytes));
        }
    }
}
