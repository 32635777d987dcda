package io.saya.shim.event;

import io.saya.proto.containerd.events.Envelope;
import io.saya.proto.containerd.events.EventsClient;
import io.saya.proto.containerd.events.ForwardRequest;
import io.saya.shim.wire.StatusMapper;
import io.saya.ttrpc.CallOptions;
import io.saya.ttrpc.ClientOptions;
import io.saya.ttrpc.ConnectionFailure;
import io.saya.ttrpc.TtrpcClient;
import io.saya.ttrpc.TtrpcException;
import io.saya.ttrpc.TtrpcStatusException;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Delivers events to containerd's ttrpc socket, over one connection that is made at the first event
 * and again after it was lost.
 */
final class TtrpcForwarder implements EventForwarder {
    /** Limit for the connection and for each event, as in containerd's own shims. */
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private record Connection(TtrpcClient client, EventsClient events) {}

    private final Transport transport;
    private final Endpoint containerd;
    private @Nullable Connection connection;

    /**
     * @param socket containerd's ttrpc socket ({@code TTRPC_ADDRESS})
     */
    TtrpcForwarder(Transport transport, Path socket) {
        this.transport = transport;
        this.containerd = Endpoint.unix(socket);
    }

    @Override
    public void forward(Envelope envelope) throws ForwardFailure, InterruptedException {
        try {
            connected()
                    .events()
                    .forward(
                            ForwardRequest.newBuilder().setEnvelope(envelope).build(),
                            CallOptions.timeout(LIMIT));
        } catch (TtrpcException e) {
            throw failure(e);
        }
    }

    private ForwardFailure failure(TtrpcException failure) {
        String message = "containerd: " + failure.getMessage();
        return switch (failure) {
            case TtrpcStatusException answer when !StatusMapper.isTransient(answer) ->
                    ForwardFailure.refused(message, answer);
            case TtrpcStatusException _, ConnectionFailure _ -> {
                // One that does not answer in time may never do so on this connection.
                close();
                yield ForwardFailure.away(message, failure);
            }
        };
    }

    private Connection connected() throws ConnectionFailure, InterruptedException {
        Connection current = connection;
        if (current == null) {
            TtrpcClient client =
                    TtrpcClient.connect(transport, containerd, ClientOptions.connectWithin(LIMIT));
            current = new Connection(client, new EventsClient(client));
            connection = current;
        }
        return current;
    }

    @Override
    public void close() {
        Connection current = connection;
        connection = null;
        if (current != null) {
            current.client().close();
        }
    }
}
