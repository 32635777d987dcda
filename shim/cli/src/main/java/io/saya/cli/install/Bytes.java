package io.saya.cli.install;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A file's content; equal where the bytes are. */
final class Bytes {
    private final byte[] array;

    private Bytes(byte[] array) {
        this.array = array;
    }

    /** Of a text, in UTF-8. */
    static Bytes of(String text) {
        return new Bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Takes the array as it is. */
    static Bytes of(byte[] array) {
        return new Bytes(array.clone());
    }

    byte[] array() {
        return array.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes bytes && Arrays.equals(array, bytes.array);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(array);
    }

    @Override
    public String toString() {
        return array.length + " bytes";
    }
}
