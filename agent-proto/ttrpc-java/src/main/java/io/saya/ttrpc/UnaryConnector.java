package io.saya.ttrpc;

import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;

/**
 * Makes clients of a protocol that is not loaded with this library. Found by {@link
 * java.util.ServiceLoader}.
 */
public interface UnaryConnector {

    /** How a connection carries the protocol. */
    enum Framing {
        /** The connection is the protocol's. */
        PLAIN,
        /** The protocol has a yamux stream of the connection. */
        YAMUX
    }

    /**
     * Connects, waiting for it. Whether anybody answers shows at the first call.
     *
     * @throws ConnectionFailure if there is nobody, or the time is over
     */
    UnaryClient connect(
            Transport transport, Endpoint endpoint, Framing framing, ClientOptions options)
            throws ConnectionFailure, InterruptedException;
}
