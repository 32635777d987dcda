package io.saya.monitor.web;

import com.sun.net.httpserver.Headers;

/** What a browser may do with an answer: names and messages on the page come from elsewhere. */
final class SecurityHeaders {
    private SecurityHeaders() {}

    static void add(Headers headers) {
        headers.set(
                "Content-Security-Policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                        + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Referrer-Policy", "no-referrer");
        headers.set("Cache-Control", "no-store");
    }
}
