package io.saya.config.toml;

import java.nio.charset.StandardCharsets;

/** Configuration files: no bytes make the readers fail, and both read the same. */
public final class TomlFuzz {
    private TomlFuzz() {}

    /** Reads all as a file. */
    public static void fuzzerTestOneInput(byte[] input) {
        TomlDocument read = TomlFile.read(input);
        String text = new String(input, StandardCharsets.UTF_8);
        TomlDocument plain = PlainTomlReader.read(text);
        if (plain != null && read.errors().isEmpty() && !plain.equals(TomljReader.read(text))) {
            throw new AssertionError("the quick reader reads otherwise: " + plain);
        }
    }
}
