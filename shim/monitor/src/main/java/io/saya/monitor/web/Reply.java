package io.saya.monitor.web;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** Answers. */
final class Reply {
    static final String TEXT = "text/plain; charset=utf-8";
    static final String METRICS = "text/plain; version=0.0.4; charset=utf-8";

    private Reply() {}

    /** What writes a body. */
    @FunctionalInterface
    interface Body {
        void writeTo(OutputStream out) throws IOException;
    }

    /** A short text. */
    static void text(HttpExchange exchange, int status, String text) throws IOException {
        bytes(exchange, status, TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    /** A body that is there. */
    static void bytes(HttpExchange exchange, int status, String type, byte[] body)
            throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, head || body.length == 0 ? -1 : body.length);
        if (!head) {
            exchange.getResponseBody().write(body);
        }
    }

    /** A body that is written as it is made, compressed if the client takes that. */
    static void stream(HttpExchange exchange, String type, Body body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.getResponseHeaders().set("Vary", "Accept-Encoding");
        boolean gzip =
                takesGzip(exchange.getRequestHeaders().getOrDefault("Accept-Encoding", List.of()));
        if (gzip) {
            exchange.getResponseHeaders().set("Content-Encoding", "gzip");
        }
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(200, -1);
            return;
        }
        exchange.sendResponseHeaders(200, 0);
        OutputStream plain = exchange.getResponseBody();
        try (OutputStream out =
                new java.io.BufferedOutputStream(
                        gzip ? new GZIPOutputStream(plain, 8192) : plain, 16384)) {
            body.writeTo(out);
        }
    }

    private static boolean takesGzip(List<String> headers) {
        for (String header : headers) {
            for (String coding : header.split(",", -1)) {
                String plain = coding.replace(" ", "");
                if (plain.equals("gzip")
                        || (plain.startsWith("gzip;q=") && !plain.matches("gzip;q=0(\\.0*)?"))) {
                    return true;
                }
            }
        }
        return false;
    }
}
