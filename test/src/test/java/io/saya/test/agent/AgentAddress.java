package io.saya.test.agent;

import io.saya.ttrpc.ClientOptions;
import io.saya.ttrpc.ConnectionFailure;
import io.saya.ttrpc.TtrpcClient;
import io.saya.ttrpc.UnaryClient;
import io.saya.ttrpc.UnaryConnector;
import io.saya.ttrpc.UnaryConnector.Framing;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;
import java.nio.file.Path;
import java.util.ServiceLoader;

/** Where an agent is, and what it speaks. */
record AgentAddress(Endpoint endpoint, Dialect dialect) {

    enum Dialect {
        TTRPC,
        GRPC,
        /** gRPC in a stream of a yamux session. */
        GRPC_YAMUX
    }

    /**
     * Reads {@code unix:PATH}, {@code hvsock:PATH:PORT} or {@code vsock:CID:PORT}.
     *
     * @throws IllegalArgumentException if it is none of them
     */
    static AgentAddress parse(String address, String dialect) {
        var words = address.split(":", -1);
        var endpoint =
                switch (words[0] + words.length) {
                    case "unix2" -> Endpoint.unix(Path.of(words[1]));
                    case "hvsock3" ->
                            Endpoint.hybridVsock(
                                    Path.of(words[1]), Integer.parseUnsignedInt(words[2]));
                    case "vsock3" ->
                            Endpoint.vsock(
                                    Integer.parseUnsignedInt(words[1]),
                                    Integer.parseUnsignedInt(words[2]));
                    default ->
                            throw new IllegalArgumentException(
                                    "address: '"
                                            + address
                                            + "' (expected: unix:PATH, hvsock:PATH:PORT or"
                                            + " vsock:CID:PORT)");
                };
        return new AgentAddress(
                endpoint,
                switch (dialect) {
                    case "ttrpc" -> Dialect.TTRPC;
                    case "grpc" -> Dialect.GRPC;
                    case "grpc+yamux" -> Dialect.GRPC_YAMUX;
                    default ->
                            throw new IllegalArgumentException(
                                    "dialect: '"
                                            + dialect
                                            + "' (expected: ttrpc, grpc or grpc+yamux)");
                });
    }

    UnaryClient connect(Transport transport, ClientOptions options)
            throws ConnectionFailure, InterruptedException {
        return switch (dialect) {
            case TTRPC -> TtrpcClient.connect(transport, endpoint, options);
            case GRPC -> grpc().connect(transport, endpoint, Framing.PLAIN, options);
            case GRPC_YAMUX -> grpc().connect(transport, endpoint, Framing.YAMUX, options);
        };
    }

    private static UnaryConnector grpc() {
        return ServiceLoader.load(UnaryConnector.class)
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalStateException(
                                        "saya-grpc.jar is not on the class path: see"
                                                + " test/agent/run.sh"));
    }
}
