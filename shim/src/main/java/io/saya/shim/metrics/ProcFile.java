package io.saya.shim.metrics;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files of proc(5), which may go with their process at any moment. */
final class ProcFile {
    private ProcFile() {}

    /** The content; empty if there is none to be had. */
    static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException | UncheckedIOException e) {
            return "";
        }
    }

    /** The number of entries in a directory; -1 if it cannot be read. */
    static long count(Path directory) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            long count = 0;
            for (Path _ : entries) {
                count++;
            }
            return count;
        } catch (IOException | DirectoryIteratorException e) {
            return -1;
        }
    }

    /** The first whole number in a text; 0 if there is none. */
    static long number(String text) {
        long value = 0;
        boolean found = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= '0' && c <= '9') {
                value = value * 10 + (c - '0');
                found = true;
            } else if (found) {
                break;
            }
        }
        return value;
    }
}
