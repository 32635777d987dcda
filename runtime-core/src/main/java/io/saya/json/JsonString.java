package io.saya.json;

/** A string. Unpaired surrogates are written as U+FFFD, since they have no place in UTF-8. */
public record JsonString(String value) implements JsonValue {

    @Override
    public String toString() {
        return Json.write(this);
    }
}
