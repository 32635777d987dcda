package io.saya.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonWriterTest {

    @Test
    void textIsCompactAndOnOneLine() {
        JsonObject object =
                JsonObject.builder()
                        .put("execute", "x\ny")
                        .put("n", 5)
                        .put("b", true)
                        .put("l", JsonArray.of(JsonNull.NULL, JsonObject.EMPTY, JsonArray.EMPTY))
                        .build();
        assertThat(Json.write(object))
                .isEqualTo("{\"execute\":\"x\\ny\",\"n\":5,\"b\":true,\"l\":[null,{},[]]}");
        assertThat(object).hasToString(Json.write(object));
    }

    @Test
    void stringsAreEscapedWhereTheyMustBe() {
        assertThat(Json.write(new JsonString("\"\\/\b\f\n\r\t\0\u001f\u007f\u00e9\ud834\udd1e")))
                .isEqualTo(
                        "\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u0000\\u001f\u007f\u00e9\ud834\udd1e\"");
    }

    @Test
    void unpairedSurrogatesAreReplaced() {
        assertThat(Json.write(new JsonString("a\ud834b\udd1e\ud834")))
                .isEqualTo("\"a\ufffdb\ufffd\ufffd\"");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whatIsWrittenIsReadBack(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            JsonValue value = value(random, 5);
            assertThat(Json.parse(Json.write(value))).isEqualTo(value);
            assertThat(Json.parse(Json.writeBytes(value))).isEqualTo(value);
        }
    }

    private static JsonValue value(Random random, int depth) {
        return switch (random.nextInt(depth > 0 ? 7 : 5)) {
            case 0 -> JsonNull.NULL;
            case 1 -> new JsonBool(random.nextBoolean());
            case 2 -> JsonNumber.of(random.nextLong());
            case 3 -> new JsonNumber(Double.toString(random.nextGaussian() * 1e12));
            case 4 -> new JsonString(string(random));
            case 5 -> {
                List<JsonValue> values = new ArrayList<>();
                for (int n = random.nextInt(5); n > 0; n--) {
                    values.add(value(random, depth - 1));
                }
                yield new JsonArray(values);
            }
            default -> {
                Map<String, JsonValue> members = new LinkedHashMap<>();
                for (int n = random.nextInt(5); n > 0; n--) {
                    members.put(string(random), value(random, depth - 1));
                }
                yield new JsonObject(members);
            }
        };
    }

    private static String string(Random random) {
        StringBuilder out = new StringBuilder();
        for (int n = random.nextInt(12); n > 0; n--) {
            int codePoint = random.nextInt(random.nextBoolean() ? 0x80 : 0x110000);
            out.appendCodePoint(codePoint >= 0xd800 && codePoint < 0xe000 ? 0xfffd : codePoint);
        }
        return out.toString();
    }
}
