package io.saya.json;

import org.jspecify.annotations.Nullable;

/** A string. Unpaired surrogates are written as U+FFFD, since they have no place in UTF-8. */
public record JsonString(String value) implements JsonValue {

    /** Written out: see {@link JsonObject#equals}. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof JsonString that && value.equals(that.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return Json.write(this);
    }
}
