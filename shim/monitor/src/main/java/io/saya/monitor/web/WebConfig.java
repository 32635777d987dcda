package io.saya.monitor.web;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The clients that may ask, and how: what the web configuration file of Prometheus' exporters says.
 *
 * @param tls none: plain HTTP
 * @param users their passwords' bcrypt hashes by name; empty: everybody may ask
 */
public record WebConfig(Optional<Tls> tls, Map<String, String> users) {

    /** Without a file: plain, and open to everybody who reaches the address. */
    public static final WebConfig OPEN = new WebConfig(Optional.empty(), Map.of());

    /** What clients have to show. */
    public enum ClientAuth {
        NONE,
        REQUIRE_AND_VERIFY
    }

    /**
     * Files in PEM.
     *
     * @param clientCa who may sign clients' certificates; needed with {@code REQUIRE_AND_VERIFY}
     * @param protocols as the JDK names them, such as {@code TLSv1.3}
     */
    public record Tls(
            Path certificate,
            Path key,
            ClientAuth clientAuth,
            Optional<Path> clientCa,
            List<String> protocols) {}
}
