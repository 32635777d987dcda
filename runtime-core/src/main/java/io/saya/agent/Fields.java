package io.saya.agent;

import io.saya.json.JsonArray;
import io.saya.json.JsonNumber;
import io.saya.json.JsonObject;
import io.saya.json.JsonString;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.LongConsumer;

/**
 * Takes the members of a JSON object to the setters of a message. What is absent leaves the field
 * unset; what has the wrong type is refused by a {@link io.saya.json.JsonException} that names the
 * member.
 */
record Fields(JsonObject json) {

    void string(String name, Consumer<String> setter) {
        json.string(name).ifPresent(setter);
    }

    void strings(String name, Consumer<List<String>> setter) {
        json.array(name).map(JsonArray::strings).ifPresent(setter);
    }

    void bool(String name, Consumer<Boolean> setter) {
        json.bool(name).ifPresent(setter);
    }

    /** A signed number of 64 bits. */
    void int64(String name, LongConsumer setter) {
        json.integer(name).ifPresent(setter);
    }

    /**
     * A number of 64 bits without sign. A negative one, as some clients write "unlimited", keeps
     * its bits.
     */
    void uint64(String name, LongConsumer setter) {
        json.number(name).ifPresent(number -> setter.accept(unsigned(number)));
    }

    /** A number of 32 bits without sign. */
    void uint32(String name, IntConsumer setter) {
        json.number(name).ifPresent(number -> setter.accept((int) unsigned(number)));
    }

    void object(String name, Consumer<Fields> reader) {
        json.object(name).map(Fields::new).ifPresent(reader);
    }

    void objects(String name, Consumer<Fields> reader) {
        json.array(name)
                .ifPresent(
                        array ->
                                array.objects()
                                        .forEach(object -> reader.accept(new Fields(object))));
    }

    /** The members that are strings, as a map. */
    void map(String name, BiConsumer<String, String> putter) {
        json.object(name)
                .ifPresent(
                        object ->
                                object.members()
                                        .forEach(
                                                (key, value) -> {
                                                    if (value instanceof JsonString(String text)) {
                                                        putter.accept(key, text);
                                                    }
                                                }));
    }

    private static long unsigned(JsonNumber number) {
        return number.literal().startsWith("-") ? number.asLong() : number.asUnsignedLong();
    }
}
