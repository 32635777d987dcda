package io.saya.grpc.carrier;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.saya.ttrpc.UnaryConnector.Framing;

/** What turns a connection into channels for a protocol; made for one connection. */
public sealed interface Carrier {

    /** The handler that the connection's channel ends with. */
    ChannelHandler handler(Channel connection);

    /** A channel for the protocol, to be connected to any address. */
    Channel open();

    /** Why the connection ended, if this side found a fault; else empty. */
    String fault();

    /** A carrier of this kind. */
    static Carrier of(Framing framing) {
        return switch (framing) {
            case PLAIN -> new Whole();
            case YAMUX -> new Yamux();
        };
    }

    /** The connection is the channel. */
    final class Whole implements Carrier {
        private volatile @org.jspecify.annotations.Nullable WholeChannel only;

        private Whole() {}

        @Override
        public ChannelHandler handler(Channel connection) {
            WholeChannel channel = new WholeChannel(connection);
            only = channel;
            return new WholeChannel.Handler(channel);
        }

        @Override
        public Channel open() {
            WholeChannel channel = only;
            if (channel == null) {
                throw new IllegalStateException("there is no connection yet");
            }
            return channel;
        }

        @Override
        public String fault() {
            return "";
        }
    }

    /** Each channel is a stream. */
    final class Yamux implements Carrier {
        private final YamuxSession session = YamuxSession.client();

        private Yamux() {}

        @Override
        public ChannelHandler handler(Channel connection) {
            return session;
        }

        @Override
        public Channel open() {
            return session.open();
        }

        @Override
        public String fault() {
            String why = session.failure();
            return why == null ? "" : "yamux: " + why;
        }
    }
}
