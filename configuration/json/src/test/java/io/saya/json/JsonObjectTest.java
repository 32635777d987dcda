package io.saya.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import org.junit.jupiter.api.Test;

class JsonObjectTest {
    private static final JsonObject OBJECT =
            Json.parseObject(
                    "{\"s\":\"x\",\"o\":{\"k\":1},\"a\":[\"p\",\"q\"],\"n\":12,\"f\":1.5,\"b\":false,"
                            + "\"z\":null}");

    @Test
    void membersAreFoundByType() {
        assertThat(OBJECT.string("s")).contains("x");
        assertThat(OBJECT.object("o")).contains(JsonObject.builder().put("k", 1).build());
        assertThat(OBJECT.array("a").orElseThrow().strings()).containsExactly("p", "q");
        assertThat(OBJECT.number("f")).contains(new JsonNumber("1.5"));
        assertThat(OBJECT.integer("n")).hasValue(12);
        assertThat(OBJECT.bool("b")).contains(false);
        assertThat(OBJECT.get("z")).isEqualTo(JsonNull.NULL);
        assertThat(OBJECT.get("absent")).isNull();
    }

    @Test
    void nullCountsAsAbsent() {
        for (String name : List.of("z", "absent")) {
            assertThat(OBJECT.string(name)).isEmpty();
            assertThat(OBJECT.object(name)).isEmpty();
            assertThat(OBJECT.array(name)).isEmpty();
            assertThat(OBJECT.number(name)).isEmpty();
            assertThat(OBJECT.integer(name)).isEmpty();
            assertThat(OBJECT.bool(name)).isEmpty();
        }
    }

    @Test
    void anotherTypeIsRefusedByName() {
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> OBJECT.string("n"))
                .withMessage("n: number (expected: string)");
        assertThatExceptionOfType(JsonException.class).isThrownBy(() -> OBJECT.object("a"));
        assertThatExceptionOfType(JsonException.class).isThrownBy(() -> OBJECT.array("o"));
        assertThatExceptionOfType(JsonException.class).isThrownBy(() -> OBJECT.number("s"));
        assertThatExceptionOfType(JsonException.class).isThrownBy(() -> OBJECT.bool("s"));
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> OBJECT.integer("f"))
                .withMessage("f: number: 1.5 (expected: an integer of 64 bits)");
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> Json.parseObject("[]"))
                .withMessage("top level: array (expected: object)");
    }

    @Test
    void elementsOfAnotherTypeAreRefusedByPosition() {
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> ((JsonArray) Json.parse("[\"a\",1]")).strings())
                .withMessage("element 1: number (expected: string)");
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> ((JsonArray) Json.parse("[{},null]")).objects())
                .withMessage("element 1: null (expected: object)");
    }

    @Test
    void aBuilderReplacesInPlaceAndLeavesTheOriginalAlone() {
        JsonObject changed = OBJECT.toBuilder().put("s", "y").remove("z").put("new", 1).build();
        assertThat(changed.members().keySet()).containsExactly("s", "o", "a", "n", "f", "b", "new");
        assertThat(changed.string("s")).contains("y");
        assertThat(OBJECT.string("s")).contains("x");
    }
}
