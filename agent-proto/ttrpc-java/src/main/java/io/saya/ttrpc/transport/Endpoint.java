package io.saya.ttrpc.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPromise;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;

/** An address that a client connects to. */
public sealed interface Endpoint {
    /**
     * Starts to connect; must be followed by {@link #preamble} where there is one.
     *
     * @throws IOException if the attempt fails at once
     */
    ChannelFuture connect(Transport transport, ChannelHandler handler) throws IOException;

    /** The exchange on a new connection before ttrpc begins. */
    default Preamble preamble() {
        return Preamble.NONE;
    }

    /** The stream of the first request; odd. */
    default int firstStream() {
        return 1;
    }

    /** Plain ttrpc on a Unix socket, be it another process or a virtual serial port of QEMU. */
    static Endpoint unix(Path path) {
        return new Unix(path);
    }

    /**
     * A Unix socket that is a virtual serial port of a guest, behind which a server of yamux may be
     * instead of one of ttrpc: to that the first request is a ping as well. Its answer to the ping
     * ends the connection for the client that asked, and nobody else.
     *
     * @param yamux then given the connection, on its event loop, to be used as {@link #left}
     */
    static Endpoint serialPort(Path path, Consumer<Channel> yamux) {
        return new SerialPort(path, yamux);
    }

    /**
     * A connection that another client has left; who connects to it owns it.
     *
     * @param name for messages
     */
    static Endpoint left(Channel channel, String name) {
        return new Left(channel, name);
    }

    /**
     * A Unix socket that is a virtual serial port of a guest, which another client has left in the
     * middle of something: what comes before the answer to the first request is thrown away, 16 MiB
     * at most. The first request should be one that may be made twice.
     */
    static Endpoint leftSerialPort(Path path) {
        return new LeftSerialPort(path);
    }

    /**
     * A port of a guest behind a Unix socket that speaks the hybrid vsock protocol ({@code
     * CONNECT}/{@code OK}).
     *
     * @param port unsigned
     */
    static Endpoint hybridVsock(Path path, int port) {
        return new HybridVsock(path, port);
    }

    /**
     * A port of a guest, reached through the host's vsock.
     *
     * @param contextId of the guest, unsigned
     * @param port unsigned
     */
    static Endpoint vsock(int contextId, int port) {
        return new Vsock(contextId, port);
    }

    /** See {@link Endpoint#unix}. */
    record Unix(Path path) implements Endpoint {
        @Override
        public ChannelFuture connect(Transport transport, ChannelHandler handler) {
            return transport.connect(path, handler);
        }

        @Override
        public String toString() {
            return "unix:" + path;
        }
    }

    /** See {@link Endpoint#serialPort}. */
    record SerialPort(Path path, Consumer<Channel> yamux) implements Endpoint {
        @Override
        public ChannelFuture connect(Transport transport, ChannelHandler handler) {
            return transport.connect(path, handler);
        }

        @Override
        public Preamble preamble() {
            return (channel, done) -> SerialGreeting.start(channel, yamux, done);
        }

        @Override
        public String toString() {
            return "unix:" + path;
        }
    }

    /** See {@link Endpoint#left}. */
    record Left(Channel channel, String name) implements Endpoint {
        @Override
        public ChannelFuture connect(Transport transport, ChannelHandler handler) {
            ChannelPromise connected = channel.newPromise();
            channel.eventLoop()
                    .execute(
                            () -> {
                                if (!channel.isActive()) {
                                    connected.setFailure(new IOException("it has ended"));
                                    return;
                                }
                                channel.pipeline().addLast(handler);
                                channel.config().setAutoRead(true);
                                connected.setSuccess();
                            });
            return connected;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** See {@link Endpoint#leftSerialPort}. */
    record LeftSerialPort(Path path) implements Endpoint {
        @Override
        public ChannelFuture connect(Transport transport, ChannelHandler handler) {
            // Not by a preamble: what is left in the port may be read before one begins.
            return transport.connect(
                    path,
                    new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline().addLast(new LeftPort(), handler);
                        }
                    });
        }

        @Override
        public int firstStream() {
            return LeftPort.firstStream();
        }

        @Override
        public String toString() {
            return "unix:" + path;
        }
    }

    /** See {@link Endpoint#hybridVsock}. */
    record HybridVsock(Path path, int port) implements Endpoint {
        @Override
        public ChannelFuture connect(Transport transport, ChannelHandler handler) {
            return transport.connect(path, handler);
        }

        @Override
        public Preamble preamble() {
            return new HybridVsockPreamble(port);
        }

        @Override
        public String toString() {
            return "hvsock:" + path + ":" + Integer.toUnsignedString(port);
        }
    }

    /** See {@link Endpoint#vsock}. */
    record Vsock(int contextId, int port) implements Endpoint {
        @Override
        public ChannelFuture connect(Transport transport, ChannelHandler handler)
                throws IOException {
            return transport.use(VsockChannels.connect(contextId, port), handler);
        }

        @Override
        public String toString() {
            return "vsock:"
                    + Integer.toUnsignedString(contextId)
                    + ":"
                    + Integer.toUnsignedString(port);
        }
    }
}
