package io.saya.ttrpc;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Promise;
import io.saya.ttrpc.transport.PeerCheck;
import io.saya.ttrpc.transport.Transport;
import io.saya.ttrpc.wire.FrameWriter;
import io.saya.ttrpc.wire.MethodName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Serves services to any number of connections. Every call runs on a virtual thread of its own, so
 * a call that waits hinders no other.
 *
 * <p>Thread-safe. The server never closes a connection by itself before it shuts down, except one
 * whose peer is not allowed or whose bytes can no longer be written.
 */
public final class TtrpcServer implements AutoCloseable {
    /** Limit for handlers to notice that their calls were cancelled by {@link #shutdown}. */
    private static final long CANCEL_MILLIS = 1000;

    /** Limit for the last responses to reach the kernel; a peer that needs longer does not read. */
    private static final long FLUSH_MILLIS = 2000;

    /** Between two looks whether all can be handed over. */
    private static final long LOOK_MILLIS = 5;

    private volatile ServiceRegistry registry;
    private List<ServiceBinding> services;
    private final ServerLimits limits;
    private final TtrpcObserver observer;
    private final PeerCheck peerCheck;
    private final Transport transport;
    private final EventLoop loop;
    private final FrameWriter writer = new FrameWriter();
    private final ServerConnections connections = new ServerConnections();

    private final Channel listener;
    private final @Nullable Path boundPath;
    private long accepted;

    private TtrpcServer(Builder builder, @Nullable Path path, int descriptor)
            throws IOException, InterruptedException {
        services = List.copyOf(builder.services);
        registry = new ServiceRegistry(services);
        limits = builder.limits;
        observer = builder.observer;
        peerCheck = builder.peerCheck;
        transport = builder.transport;
        loop = transport.eventLoop();
        boundPath = path;
        ChannelInitializer<Channel> initializer =
                new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        var _ = accept(channel);
                    }
                };
        listener =
                path == null
                        ? builder.transport.adopt(descriptor, initializer)
                        : builder.transport.listen(path, initializer);
    }

    /** Begins the description of a server. */
    public static Builder builder(Transport transport) {
        return new Builder(transport);
    }

    private @Nullable ServerConnection accept(Channel channel) {
        accepted++;
        ConnectionInfo info = PeerIdentity.read(channel, accepted);
        String refusal = refusal(info);
        if (refusal != null) {
            observer.connectionRefused(info, refusal);
            var _ = channel.close();
            return null;
        }
        ServerConnection connection = new ServerConnection(this, channel, info, writer);
        connections.add(connection);
        channel.pipeline().addLast(connection.decoder(), connection);
        observer.connectionOpened(info);
        return connection;
    }

    private @Nullable String refusal(ConnectionInfo info) {
        if (!peerCheck.accepts(info.uid(), info.gid())) {
            return "this user or group is not allowed";
        }
        return connections.size() < limits.connections()
                ? null
                : limits.connections() + " connections are open already";
    }

    /**
     * Offers more services from the next request on, also to those who are connected already.
     *
     * @throws IllegalArgumentException if a service is bound twice
     */
    public synchronized void offer(List<ServiceBinding> more) {
        List<ServiceBinding> all = new ArrayList<>(services);
        all.addAll(more);
        registry = new ServiceRegistry(all);
        services = all;
    }

    /**
     * Ends the server: accepts nothing more, removes the socket if it bound it, lets calls in
     * progress finish, cancels those that do not, sends all answers, and closes the connections.
     * Takes the grace period plus three seconds at the most. Further calls return at once.
     *
     * <p>A handler cannot call this for its own server and wait: its own call is one of those in
     * progress.
     *
     * @param grace how long calls may go on; zero cancels them at once
     */
    public void shutdown(Duration grace) throws InterruptedException {
        if (loop.isShuttingDown() || !listener.isOpen()) {
            return;
        }
        if (boundPath != null) {
            removeSocket(boundPath);
        }
        listener.close().await();
        Promise<Void> idle = loop.newPromise();
        loop.execute(() -> connections.drain(idle));
        if (!idle.await(grace.toMillis())) {
            loop.execute(connections::cancelCalls);
            idle.await(CANCEL_MILLIS, TimeUnit.MILLISECONDS);
        }
        Promise<Void> flushed = loop.newPromise();
        loop.execute(() -> connections.flush(loop, flushed));
        flushed.await(FLUSH_MILLIS, TimeUnit.MILLISECONDS);
        loop.submit(connections::close).await();
    }

    /**
     * Holds everything for another server, in another process, to go on with: nothing is accepted,
     * read or written any more until {@link #release}. Blocks until no call is in progress but
     * those that may be carried out twice.
     *
     * @return empty if other calls took longer than {@code limit}; nothing is held then
     * @throws IllegalStateException if the question fails; nothing is held then
     */
    public Optional<HeldServer> hold(Predicate<MethodName> repeatable, Duration limit)
            throws InterruptedException {
        Promise<HeldServer> held = loop.newPromise();
        long deadline = System.nanoTime() + limit.toNanos();
        loop.execute(
                () -> {
                    listener.config().setAutoRead(false);
                    connections.all().forEach(ServerConnection::hold);
                    freeze(repeatable, deadline, held);
                });
        boolean known = false;
        try {
            held.await();
            known = true;
        } finally {
            if (!known) {
                held.cancel(false);
                release(); // also what the loop is just about to hold
            }
        }
        if (held.cause() instanceof RuntimeException unforeseen) {
            throw new IllegalStateException("hold the server: " + unforeseen, unforeseen);
        }
        return Optional.ofNullable(held.isSuccess() ? held.getNow() : null);
    }

    /** Ends when {@code held} is done, also by whoever waits for it no longer. */
    private void freeze(Predicate<MethodName> repeatable, long deadline, Promise<HeldServer> held) {
        if (held.isDone()) {
            return;
        }
        List<HeldConnection> described = new ArrayList<>();
        try {
            for (ServerConnection connection : connections.all()) {
                HeldConnection one = connection.freeze(repeatable);
                if (one != null) {
                    described.add(one);
                }
            }
        } catch (RuntimeException e) {
            releaseAll();
            held.tryFailure(e);
            return;
        }
        if (described.size() == connections.size()) {
            held.trySuccess(new HeldServer(Transport.descriptor(listener), described));
        } else if (System.nanoTime() - deadline < 0) {
            connections.all().forEach(ServerConnection::thaw);
            var _ =
                    loop.schedule(
                            () -> freeze(repeatable, deadline, held),
                            LOOK_MILLIS,
                            TimeUnit.MILLISECONDS);
        } else {
            releaseAll();
            held.tryFailure(new TimeoutException());
        }
    }

    /** Goes on after {@link #hold}: nobody has taken over. */
    public void release() {
        loop.execute(this::releaseAll);
    }

    private void releaseAll() {
        connections.all().forEach(ServerConnection::release);
        listener.config().setAutoRead(true);
    }

    /** Goes on with the connections of another server, which must have let go of them. */
    public void goOn(List<HeldConnection> held) throws InterruptedException {
        for (HeldConnection connection : held) {
            transport
                    .use(
                            Transport.connected(connection.descriptor()),
                            new ChannelInitializer<>() {
                                @Override
                                protected void initChannel(Channel channel) {
                                    ServerConnection opened = accept(channel);
                                    if (opened != null) {
                                        opened.goOn(connection);
                                    }
                                }
                            })
                    .await();
        }
    }

    /** Only our own file may be removed; that somebody else was quicker is no failure. */
    private static void removeSocket(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            // Nothing depends on it: who binds the path next finds nobody listening and removes it.
        }
    }

    /** Shuts down without a grace period. */
    @Override
    public void close() {
        try {
            shutdown(Duration.ZERO);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    ServiceRegistry registry() {
        return registry;
    }

    ServerLimits limits() {
        return limits;
    }

    TtrpcObserver observer() {
        return observer;
    }

    ServerConnections connections() {
        return connections;
    }

    /** What a server offers, to whom, and within which limits. */
    public static final class Builder {
        private final Transport transport;
        private final List<ServiceBinding> services = new ArrayList<>();
        private ServerLimits limits = ServerLimits.DEFAULT;
        private TtrpcObserver observer = TtrpcObserver.NONE;
        private PeerCheck peerCheck = PeerCheck.ANYONE;

        private Builder(Transport transport) {
            this.transport = transport;
        }

        /** Adds a service. */
        public Builder service(ServiceBinding service) {
            services.add(service);
            return this;
        }

        /** Replaces {@link ServerLimits#DEFAULT}. */
        public Builder limits(ServerLimits value) {
            limits = value;
            return this;
        }

        /** Sets an observer of what happens. */
        public Builder observer(TtrpcObserver value) {
            observer = value;
            return this;
        }

        /** Refuses connections by the credentials of the peer; by default none is refused. */
        public Builder peerCheck(PeerCheck value) {
            peerCheck = value;
            return this;
        }

        /**
         * Binds a socket and serves on it; the path must not exist, and is removed at the end.
         *
         * @throws IOException if it cannot be bound; {@code Address already in use} if the path
         *     exists
         * @throws IllegalArgumentException if the path is too long, or a service is bound twice
         */
        public TtrpcServer listen(Path path) throws IOException, InterruptedException {
            return new TtrpcServer(this, path, -1);
        }

        /**
         * Serves on a listening socket that this process was given; its path is left alone.
         *
         * @param descriptor number of the socket, which belongs to the server from now on
         */
        public TtrpcServer adopt(int descriptor) throws IOException, InterruptedException {
            return new TtrpcServer(this, null, descriptor);
        }
    }
}
