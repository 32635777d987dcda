package io.saya.grpc.carrier;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.saya.ttrpc.UnaryConnector.Framing;
import io.saya.ttrpc.wire.ReadGate;
import io.saya.ttrpc.wire.ReadPace;
import java.util.List;

/** What turns a connection into channels for a protocol; made for one connection. */
public sealed interface Carrier {

    /** The handlers that the connection's channel has: what paces the peer, and the carrier's. */
    List<ChannelHandler> handlers(Channel connection);

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
        public List<ChannelHandler> handlers(Channel connection) {
            ReadPace pace = new ReadPace(new ReadGate(connection));
            WholeChannel channel = new WholeChannel(connection);
            channel.pipeline().addFirst(new Http2Pace(pace::frame));
            only = channel;
            return List.of(pace, new WholeChannel.Handler(channel));
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
        public List<ChannelHandler> handlers(Channel connection) {
            ReadPace pace = new ReadPace(new ReadGate(connection));
            session.pace(pace::frame);
            return List.of(pace, session);
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
