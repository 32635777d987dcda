package io.saya.shim.management;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * A request as far as it counts here: {@code GET /status HTTP/1.1}, headers of which only the
 * content's length and what the client accepts are read, and the content.
 *
 * @param path without its query
 * @param accept value of the header Accept; empty if there is none
 * @param body empty: the client only asks
 */
public record Request(String method, String path, String accept, String body) {
    private static final int HEAD_LIMIT = 4096;
    private static final int BODY_LIMIT = 1024;

    /**
     * Reads a request. Blocks.
     *
     * @throws IOException if it is none, or beyond the limits
     */
    static Request read(SocketChannel channel) throws IOException {
        StringBuilder head = new StringBuilder();
        ByteBuffer one = ByteBuffer.allocate(1);
        // Byte by byte: behind the head of a request for the console its bytes follow.
        while (!endsHead(head)) {
            if (channel.read(one.clear()) < 0 || head.length() == HEAD_LIMIT) {
                throw new IOException("no HTTP request of at most " + HEAD_LIMIT + " bytes");
            }
            head.append((char) (one.get(0) & 0xff));
        }
        String[] lines = head.toString().replace("\r\n", "\n").split("\n", -1);
        String[] words = lines[0].split(" ", -1);
        if (words.length < 2) {
            throw new IOException("no HTTP request: " + lines[0]);
        }
        int query = words[1].indexOf('?');
        return new Request(
                words[0],
                query < 0 ? words[1] : words[1].substring(0, query),
                accept(lines),
                body(channel, contentLength(lines)));
    }

    private static boolean endsHead(StringBuilder head) {
        int length = head.length();
        return (length >= 2 && head.charAt(length - 1) == '\n' && head.charAt(length - 2) == '\n')
                || (length >= 4 && head.substring(length - 4).equals("\r\n\r\n"));
    }

    private static String accept(String[] lines) {
        for (String line : lines) {
            int colon = line.indexOf(':');
            if (colon > 0 && line.substring(0, colon).equalsIgnoreCase("accept")) {
                return line.substring(colon + 1).strip();
            }
        }
        return "";
    }

    private static int contentLength(String[] lines) throws IOException {
        for (String line : lines) {
            int colon = line.indexOf(':');
            if (colon > 0 && line.substring(0, colon).equalsIgnoreCase("content-length")) {
                try {
                    int length = Integer.parseInt(line.substring(colon + 1).strip());
                    if (length >= 0 && length <= BODY_LIMIT) {
                        return length;
                    }
                } catch (NumberFormatException _) {
                    // Answered as a number out of range.
                }
                throw new IOException(line + " (expected: 0 to " + BODY_LIMIT + ")");
            }
        }
        return 0;
    }

    private static String body(SocketChannel channel, int length) throws IOException {
        ByteBuffer body = ByteBuffer.allocate(length);
        while (body.hasRemaining()) {
            if (channel.read(body) < 0) {
                throw new IOException("the request ends before its content");
            }
        }
        return new String(body.array(), StandardCharsets.UTF_8);
    }
}
