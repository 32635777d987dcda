package io.saya.shim.trace;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;

/**
 * Where spans are sent: OTLP over HTTP, one connection a request. TLS is a collector's on the node;
 * the JVM's own would cost this daemon 10 MB.
 *
 * @param host name or address
 * @param authorization value of the header; empty: none
 */
record OtlpEndpoint(String host, int port, String path, String authorization) {
    /** OTLP's own, where the endpoint names none. */
    private static final int PORT = 4318;

    private static final String PATH = "/v1/traces";
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(2);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

    /** The path at which Jaeger's agents took what Kata sends; nothing speaks OTLP there. */
    private static final String JAEGER_PATH = "/api/traces";

    /**
     * Reads {@code jaeger_endpoint}.
     *
     * @throws IllegalArgumentException for what is no {@code http} URL
     */
    static OtlpEndpoint of(String endpoint, String user, String password) {
        URI uri = URI.create(endpoint.isEmpty() ? "http://localhost:" + PORT + PATH : endpoint);
        if (!"http".equals(uri.getScheme()) || uri.getHost() == null) {
            throw new IllegalArgumentException(
                    "jaeger_endpoint = \""
                            + endpoint
                            + "\" (expected: http://HOST[:4318][/v1/traces] of an OTLP collector)");
        }
        String path = uri.getPath();
        boolean usual = path == null || path.length() <= 1 || path.equals(JAEGER_PATH);
        String credentials = user + ":" + password;
        return new OtlpEndpoint(
                uri.getHost(),
                uri.getPort() < 0 ? PORT : uri.getPort(),
                usual ? PATH : path,
                user.isEmpty()
                        ? ""
                        : "Basic "
                                + Base64.getEncoder()
                                        .encodeToString(
                                                credentials.getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * Sends a request and waits for its answer, for a few seconds at most.
     *
     * @throws IOException if nobody answers, or not with 2xx
     */
    void send(byte[] message) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), (int) CONNECT_LIMIT.toMillis());
            socket.setSoTimeout((int) ANSWER_LIMIT.toMillis());
            String head =
                    "POST "
                            + path
                            + " HTTP/1.1\r\nHost: "
                            + host
                            + "\r\nContent-Type: application/x-protobuf\r\nContent-Length: "
                            + message.length
                            + (authorization.isEmpty() ? "" : "\r\nAuthorization: " + authorization)
                            + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().write(message);
            socket.getOutputStream().flush();
            InputStream in = socket.getInputStream();
            String status =
                    new String(in.readNBytes("HTTP/1.1 200".length()), StandardCharsets.ISO_8859_1);
            if (!status.startsWith("HTTP/1.") || !status.contains(" 2")) {
                throw new IOException("the collector answers " + status);
            }
        }
    }
}
