package io.saya.monitor.web;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/** The page for people: three files of this jar. */
final class StaticPages {
    private record File(String name, String type) {}

    private static final Map<String, File> FILES =
            Map.of(
                    "/", new File("index.html", "text/html; charset=utf-8"),
                    "/page.js", new File("page.js", "text/javascript; charset=utf-8"),
                    "/page.css", new File("page.css", "text/css; charset=utf-8"));

    private StaticPages() {}

    static void answer(HttpExchange exchange) throws IOException {
        File file = FILES.get(exchange.getRequestURI().getPath());
        if (file == null) {
            Reply.text(
                    exchange, 404, "no such page; there are /, /metrics, /sandboxes, /healthz\n");
            return;
        }
        try (InputStream in = StaticPages.class.getResourceAsStream(file.name())) {
            if (in == null) {
                throw new IOException(file.name() + " is missing in the jar");
            }
            Reply.bytes(exchange, 200, file.type(), in.readAllBytes());
        }
    }
}
