package io.saya.shim.metrics;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files of proc(5), which may go with their process at any moment. */
final class ProcFile {
    /** What the kernel gives at once; most of these files are shorter. */
    private static final int USUAL = 4096;

    private ProcFile() {}

    /** The content; empty if there is none to be had. */
    static String text(Path file) {
        // What Files makes of a file without a size is four times as much garbage, for each of the
        // fifty files of a scrape.
        try (FileInputStream in = new FileInputStream(file.toFile())) {
            byte[] bytes = new byte[USUAL];
            int length = in.readNBytes(bytes, 0, USUAL);
            String text = new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
            return length < USUAL
                    ? text
                    : text + new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
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
