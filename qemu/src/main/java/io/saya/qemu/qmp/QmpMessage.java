package io.saya.qemu.qmp;

import io.saya.json.Json;
import io.saya.json.JsonException;
import io.saya.json.JsonNumber;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;

/** What QEMU can say, {@code qemu/docs/interop/qmp-spec.txt} §2. */
sealed interface QmpMessage {

    /** The first message of a connection. */
    record Greeting() implements QmpMessage {}

    /** A command was carried out. */
    record Success(long id, JsonValue result) implements QmpMessage {}

    /** A command was refused. */
    record Refusal(long id, String errorClass, String description) implements QmpMessage {}

    /** Something happened. */
    record Event(QmpEvent event) implements QmpMessage {}

    /**
     * Reads one line.
     *
     * @throws JsonException if the line is not JSON or not a message of QMP
     */
    static QmpMessage parse(byte[] line) {
        JsonObject object = Json.parseObject(line);
        if (object.get("QMP") != null) {
            return new Greeting();
        }
        if (object.get("event") != null) {
            return new Event(
                    new QmpEvent(
                            object.string("event").orElseThrow(() -> missing("event")),
                            object.object("data").orElse(JsonObject.EMPTY)));
        }
        JsonValue result = object.get("return");
        if (result != null) {
            return new Success(id(object), result);
        }
        JsonObject error = object.object("error").orElseThrow(() -> missing("return or error"));
        return new Refusal(
                id(object), error.string("class").orElse(""), error.string("desc").orElse(""));
    }

    private static long id(JsonObject object) {
        return object.number("id").map(JsonNumber::asLong).orElseThrow(() -> missing("id"));
    }

    private static JsonException missing(String member) {
        return new JsonException("QMP message without " + member);
    }
}
