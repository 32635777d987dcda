package io.saya.test.monitor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Requests of the tests. Each has a limit; calls block. */
final class Http {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private Http() {}

    /** The body of a page, whatever its status. */
    static String get(String uri) {
        return send(HttpRequest.newBuilder(URI.create(uri))).body();
    }

    /** Whether a page answers with 200. */
    static boolean answers(String uri) {
        try {
            return send(HttpRequest.newBuilder(URI.create(uri))).statusCode() == 200;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    /** The answer to a request with content in JSON; without content it is a DELETE. */
    static String post(String uri, @Nullable String json) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(uri));
        return send(json == null
                        ? request.DELETE()
                        : request.header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(json)))
                .body();
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return CLIENT.send(request.timeout(LIMIT).build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
