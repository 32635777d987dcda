package io.saya.grpc;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.util.concurrent.Promise;
import io.saya.grpc.carrier.Carrier;
import io.saya.ttrpc.ClientOptions;
import io.saya.ttrpc.ConnectionFailure;
import io.saya.ttrpc.UnaryClient;
import io.saya.ttrpc.UnaryConnector;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Preamble;
import io.saya.ttrpc.transport.Transport;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Connects to agents that speak gRPC. */
public final class GrpcConnector implements UnaryConnector {

    @Override
    public UnaryClient connect(
            Transport transport, Endpoint endpoint, Framing framing, ClientOptions options)
            throws ConnectionFailure, InterruptedException {
        long deadline = System.nanoTime() + options.connectTimeout().toNanos();
        Carrier carrier = Carrier.of(framing);
        Channel connection = connection(transport, endpoint, carrier, deadline);
        return new GrpcClient(transport, connection, carrier, endpoint.toString(), options);
    }

    private static Channel connection(
            Transport transport, Endpoint endpoint, Carrier carrier, long deadline)
            throws ConnectionFailure, InterruptedException {
        ChannelFuture attempt = attempt(transport, endpoint, carrier);
        Preamble preamble = endpoint.preamble();
        boolean ready = false;
        try {
            await(attempt.await(millisUntil(deadline)), attempt.cause(), endpoint);
            Promise<Void> said = transport.eventLoop().newPromise();
            transport.eventLoop().execute(() -> preamble.start(attempt.channel(), said));
            await(said.await(millisUntil(deadline)), said.cause(), endpoint);
            ready = true;
            return attempt.channel();
        } finally {
            if (!ready) {
                preamble.abandon(attempt.channel());
            }
        }
    }

    private static ChannelFuture attempt(Transport transport, Endpoint endpoint, Carrier carrier)
            throws ConnectionFailure {
        try {
            return endpoint.connect(
                    transport,
                    new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            carrier.handlers(channel).forEach(channel.pipeline()::addLast);
                        }
                    });
        } catch (IOException e) {
            throw new ConnectionFailure("cannot connect to " + endpoint + ": " + e.getMessage(), e);
        }
    }

    private static void await(boolean inTime, @Nullable Throwable cause, Endpoint endpoint)
            throws ConnectionFailure {
        if (!inTime) {
            throw new ConnectionFailure("no connection to " + endpoint + " in time");
        }
        if (cause != null) {
            throw new ConnectionFailure(
                    "cannot connect to " + endpoint + ": " + cause.getMessage(), cause);
        }
    }

    private static long millisUntil(long deadline) {
        return Math.max(0, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()));
    }
}
