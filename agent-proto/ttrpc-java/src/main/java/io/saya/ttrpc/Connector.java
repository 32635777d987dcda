package io.saya.ttrpc;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.util.concurrent.Promise;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Preamble;
import io.saya.ttrpc.transport.Transport;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Brings a connection about: socket, preamble, ttrpc, all before one deadline. */
final class Connector {
    private static final String EAGAIN = "error(-11)";

    /**
     * Linux refuses at once instead of waiting when a Unix socket's queue of connections is full;
     * it empties as fast as the server accepts, so a short pause is enough.
     */
    private static final long BACKLOG_PAUSE_MILLIS = 5;

    private final Transport transport;
    private final Endpoint endpoint;
    private final ClientOptions options;
    private final long deadline;

    // Set on the event loop when the channel is made, which is before its connection is reported.
    private volatile @Nullable ClientConnection connection;

    Connector(Transport transport, Endpoint endpoint, ClientOptions options) {
        this.transport = transport;
        this.endpoint = endpoint;
        this.options = options;
        this.deadline = CallContext.deadlineAfter(options.connectTimeout().toNanos());
    }

    ClientConnection connect() throws ConnectionFailure, InterruptedException {
        Channel channel = connectChannel();
        Preamble preamble = endpoint.preamble();
        boolean ready = false;
        try {
            Promise<Void> done = transport.eventLoop().newPromise();
            transport.eventLoop().execute(() -> preamble.start(channel, done));
            if (!done.await(remainingMillis())) {
                throw timedOut("");
            }
            if (!done.isSuccess()) {
                throw failed(done.cause());
            }
            ready = true;
        } finally {
            if (!ready) {
                preamble.abandon(channel);
            }
        }
        ClientConnection made = connection;
        if (made == null) {
            throw new IllegalStateException("the channel to " + endpoint + " was not initialized");
        }
        return made;
    }

    private Channel connectChannel() throws ConnectionFailure, InterruptedException {
        while (true) {
            ChannelFuture attempt = start();
            boolean finished = false;
            try {
                finished = attempt.await(remainingMillis());
            } finally {
                if (!finished) {
                    var _ = attempt.channel().close();
                }
            }
            if (!finished) {
                throw timedOut("");
            }
            if (attempt.isSuccess()) {
                return attempt.channel();
            }
            if (!isBacklogFull(attempt.cause())) {
                throw failed(attempt.cause());
            }
            if (remainingMillis() <= BACKLOG_PAUSE_MILLIS) {
                throw timedOut(": its queue of connections is full");
            }
            TimeUnit.MILLISECONDS.sleep(BACKLOG_PAUSE_MILLIS);
        }
    }

    private ChannelFuture start() throws ConnectionFailure {
        try {
            return endpoint.connect(
                    transport,
                    new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            ClientConnection made =
                                    new ClientConnection(channel, endpoint.toString(), options);
                            made.beginWith(endpoint.firstStream());
                            made.before().forEach(channel.pipeline()::addLast);
                            channel.pipeline().addLast(made);
                            connection = made;
                        }
                    });
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Netty leaves the error number in the text only. */
    private static boolean isBacklogFull(@Nullable Throwable cause) {
        return cause instanceof ConnectException
                && cause.getMessage() != null
                && cause.getMessage().contains(EAGAIN);
    }

    private long remainingMillis() {
        return Math.max(0, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()));
    }

    private ConnectionFailure timedOut(String why) {
        return ConnectionFailure.late(
                "no connection to "
                        + endpoint
                        + " within "
                        + options.connectTimeout().toMillis()
                        + " ms"
                        + why);
    }

    private ConnectionFailure failed(@Nullable Throwable cause) {
        String why =
                cause instanceof FileNotFoundException
                        ? "no such socket"
                        : String.valueOf(cause == null ? null : cause.getMessage());
        return new ConnectionFailure("cannot connect to " + endpoint + ": " + why, cause);
    }
}
