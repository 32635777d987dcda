package io.saya.io;

import io.saya.failure.RuntimeFailure;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The thing that one of the strings stdin, stdout and stderr names. Parsing touches no file. */
sealed interface StreamTarget {

    /** The stream does not exist. */
    record Absent() implements StreamTarget {}

    /** A FIFO or an existing file. */
    record LocalPath(Path path) implements StreamTarget {}

    /** {@code file:///path}: a file that is made where it is missing and appended to. */
    record AppendedFile(Path path) implements StreamTarget {}

    /**
     * {@code binary:///path?key=value}: a program that reads both streams.
     *
     * @param arguments each key, followed by its value
     * @param announcesReady {@code binary-v2}: it must write a byte when it is ready; otherwise
     *     closing its descriptor 5 is enough
     */
    record Logger(Path program, List<String> arguments, boolean announcesReady)
            implements StreamTarget {}

    /**
     * Parses what containerd sent.
     *
     * @param stream {@code stdin}, {@code stdout} or {@code stderr}, for messages
     * @throws RuntimeFailure UNIMPLEMENTED for a scheme that is not supported, INVALID_ARGUMENT for
     *     what cannot be understood
     */
    static StreamTarget parse(String stream, String value) {
        if (value.isEmpty()) {
            return new Absent();
        }
        if (value.startsWith("/")) {
            // Not a URI, so nothing in it is decoded: '%' and '?' are characters of the name.
            return new LocalPath(path(stream, value, value));
        }
        int colon = value.indexOf("://");
        String scheme = colon < 0 ? "" : value.substring(0, colon);
        boolean supported =
                scheme.equals("file") || scheme.equals("binary") || scheme.equals("binary-v2");
        if (!supported) {
            throw unsupported(stream, value, scheme);
        }
        if (stream.equals("stdin")) {
            throw RuntimeFailure.invalidArgument(
                    "stdin: " + value + " (expected: the absolute path of a FIFO, or nothing)");
        }
        return parseUri(stream, value, scheme, value.substring(colon + 3));
    }

    private static RuntimeFailure unsupported(String stream, String value, String scheme) {
        if (scheme.isEmpty()) {
            return RuntimeFailure.invalidArgument(
                    stream
                            + ": "
                            + value
                            + " (expected: an absolute path or a URI; CRI-O makes it from"
                            + " runtime_root in [crio.runtime.runtimes.NAME], which must be"
                            + " absolute)");
        }
        return RuntimeFailure.unimplemented(
                stream
                        + ": "
                        + value
                        + ": scheme "
                        + scheme
                        + " is not supported (expected: the absolute path of a FIFO, file:///path or"
                        + " binary:///path?key=value; with containerd's io_type = \"streaming\", use"
                        + " \"fifo\")");
    }

    private static StreamTarget parseUri(String stream, String value, String scheme, String rest) {
        int hash = rest.indexOf('#');
        String plain = hash < 0 ? rest : rest.substring(0, hash);
        int mark = plain.indexOf('?');
        String encodedPath = mark < 0 ? plain : plain.substring(0, mark);
        String query = mark < 0 ? "" : plain.substring(mark + 1);
        if (!encodedPath.startsWith("/")) {
            throw RuntimeFailure.invalidArgument(
                    stream
                            + ": "
                            + value
                            + " (expected: three slashes and an absolute path after the scheme)");
        }
        // In a path, '+' is a plus sign; the decoder is made for queries.
        Path path = path(stream, value, decode(stream, value, encodedPath.replace("+", "%2B")));
        return scheme.equals("file")
                ? new AppendedFile(path)
                : new Logger(path, arguments(stream, value, query), scheme.equals("binary-v2"));
    }

    private static List<String> arguments(String stream, String value, String query) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String pair : query.split("&", -1)) {
            if (!pair.isEmpty()) {
                int equals = pair.indexOf('=');
                String key = equals < 0 ? pair : pair.substring(0, equals);
                String text = equals < 0 ? "" : pair.substring(equals + 1);
                parameters.putIfAbsent(decode(stream, value, key), decode(stream, value, text));
            }
        }
        List<String> arguments = new ArrayList<>(2 * parameters.size());
        parameters.forEach(
                (key, text) -> {
                    arguments.add(key);
                    arguments.add(text);
                });
        return List.copyOf(arguments);
    }

    private static String decode(String stream, String value, String encoded) {
        try {
            return URLDecoder.decode(encoded, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Kind.INVALID_ARGUMENT,
                    stream + ": " + value + " (expected: %XX with two hexadecimal digits)",
                    e);
        }
    }

    private static Path path(String stream, String value, String decoded) {
        try {
            return Path.of(decoded);
        } catch (InvalidPathException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Kind.INVALID_ARGUMENT,
                    stream + ": " + value + " (expected: a path without NUL characters)",
                    e);
        }
    }
}
