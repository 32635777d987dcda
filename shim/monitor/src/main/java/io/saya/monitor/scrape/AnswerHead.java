package io.saya.monitor.scrape;

import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;

/**
 * Status line and headers of an HTTP/1.1 answer, as far as they say where the body ends.
 *
 * @param length of the body, -1 if nothing says it: it ends with the connection
 */
record AnswerHead(int status, boolean chunked, long length) {
    private static final int MAX_LINE = 8192;
    private static final int MAX_LINES = 64;

    /**
     * Reads the head. Blocks.
     *
     * @throws IOException if it is none, or beyond the bounds
     */
    static AnswerHead read(InputStream in) throws IOException {
        String status = line(in);
        if (!status.matches("HTTP/1\\.[01] [1-5][0-9][0-9]( .*)?")) {
            throw new IOException("no HTTP answer begins so: " + shown(status));
        }
        boolean chunked = false;
        long length = -1;
        for (int i = 0; i < MAX_LINES; i++) {
            String line = line(in);
            if (line.isEmpty()) {
                return new AnswerHead(Integer.parseInt(status.substring(9, 12)), chunked, length);
            }
            String lower = line.toLowerCase(Locale.ROOT);
            if (lower.startsWith("transfer-encoding:")) {
                chunked = lower.endsWith("chunked");
            } else if (lower.startsWith("content-length:")) {
                length = number(lower.substring("content-length:".length()).strip());
            } else if (lower.startsWith("content-encoding:")) {
                throw new IOException(shown(line) + " (expected: none, as was asked for)");
            }
        }
        throw new IOException("more than " + MAX_LINES + " headers");
    }

    /** A line without its end. */
    static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new IOException("the answer ended within its head");
            }
            if (line.length() == MAX_LINE) {
                throw new IOException("a header of more than " + MAX_LINE + " bytes");
            }
            line.append((char) b);
        }
        int end = line.length();
        return end > 0 && line.charAt(end - 1) == '\r'
                ? line.substring(0, end - 1)
                : line.toString();
    }

    private static long number(String text) throws IOException {
        try {
            long number = Long.parseLong(text);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException _) {
            // Answered as a negative one.
        }
        throw new IOException("content-length: " + shown(text) + " (expected: a number)");
    }

    private static String shown(String text) {
        String start = text.length() > 80 ? text.substring(0, 80) : text;
        return start.replaceAll("[^\\x20-\\x7e]", "?");
    }
}
