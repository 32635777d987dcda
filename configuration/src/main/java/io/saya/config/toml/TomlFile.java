package io.saya.config.toml;

import io.saya.config.Position;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads TOML from files and texts. Never throws for what the text holds. */
public final class TomlFile {

    /** Kata's own files have 35 KB, most of it comments. */
    public static final int MAX_BYTES = 256 * 1024;

    private TomlFile() {}

    /**
     * Reads a file. Blocks for the disk.
     *
     * @throws IOException if it cannot be read, is no regular file, or has more than {@link
     *     #MAX_BYTES} bytes; the message is for the operator and does not name the file
     */
    public static TomlDocument read(Path file) throws IOException {
        // A FIFO or a device would block or never end.
        if (!Files.isRegularFile(file)) {
            throw new IOException(Files.exists(file) ? "is not a regular file" : "does not exist");
        }
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        } catch (IOException e) {
            throw new IOException("cannot be read: " + e.getMessage(), e);
        }
        if (bytes.length > MAX_BYTES) {
            throw new IOException("has more than " + MAX_BYTES + " bytes");
        }
        return read(bytes);
    }

    /** Reads a text in UTF-8. */
    static TomlDocument read(byte[] bytes) {
        CharBuffer text = CharBuffer.allocate(bytes.length);
        CharsetDecoder decoder =
                StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT);
        CoderResult result = decoder.decode(ByteBuffer.wrap(bytes), text, true);
        text.flip();
        if (result.isError()) {
            return new TomlDocument(
                    List.of(),
                    List.of(),
                    List.of(
                            new TomlDocument.SyntaxError(
                                    endOf(text),
                                    "a byte that is not UTF-8; save the file as UTF-8")));
        }
        return parse(text.toString());
    }

    /** Reads a text. */
    public static TomlDocument parse(String text) {
        // A byte order mark, as editors on Windows leave it, says nothing about UTF-8.
        String body = text.startsWith("\uFEFF") ? text.substring(1) : text;
        @Nullable TomlDocument plain = PlainTomlReader.read(body);
        return plain == null ? TomljReader.read(body) : plain;
    }

    private static Position endOf(CharSequence text) {
        int line = 1;
        int lineStart = 0;
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '\n') {
                line++;
                lineStart = i + 1;
            }
        }
        return new Position(line, text.length() - lineStart + 1);
    }
}
