package io.saya.test.cri;

import com.google.protobuf.Empty;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.saya.proto.snapshots.CleanupRequest;
import io.saya.proto.snapshots.CommitSnapshotRequest;
import io.saya.proto.snapshots.Info;
import io.saya.proto.snapshots.Kind;
import io.saya.proto.snapshots.ListSnapshotsRequest;
import io.saya.proto.snapshots.ListSnapshotsResponse;
import io.saya.proto.snapshots.MountsRequest;
import io.saya.proto.snapshots.MountsResponse;
import io.saya.proto.snapshots.PrepareSnapshotRequest;
import io.saya.proto.snapshots.PrepareSnapshotResponse;
import io.saya.proto.snapshots.RemoveSnapshotRequest;
import io.saya.proto.snapshots.SnapshotMount;
import io.saya.proto.snapshots.SnapshotsGrpc;
import io.saya.proto.snapshots.StatSnapshotRequest;
import io.saya.proto.snapshots.StatSnapshotResponse;
import io.saya.proto.snapshots.UpdateSnapshotRequest;
import io.saya.proto.snapshots.UpdateSnapshotResponse;
import io.saya.proto.snapshots.UsageRequest;
import io.saya.proto.snapshots.UsageResponse;
import io.saya.proto.snapshots.ViewSnapshotRequest;
import io.saya.proto.snapshots.ViewSnapshotResponse;
import io.saya.test.Ran;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A snapshotter for a real containerd whose snapshots are ext4 file systems in files, as those of
 * containerd's blockfile snapshotter are, which Debian's containerd is too old to have. Each
 * snapshot is a whole copy of its parent.
 */
final class BlockSnapshots implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Path directory;
    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final Server server;

    /**
     * Serves at {@link #socket}.
     *
     * @param directory for the files; it must not be there
     */
    BlockSnapshots(Path directory) {
        this.directory = directory;
        try {
            Files.createDirectory(directory);
            server =
                    NettyServerBuilder.forAddress(new DomainSocketAddress(socket().toFile()))
                            .channelType(EpollServerDomainSocketChannel.class)
                            .bossEventLoopGroup(loop)
                            .workerEventLoopGroup(loop)
                            .addService(new Service())
                            .build()
                            .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The address for containerd's configuration. */
    Path socket() {
        return directory.resolve("snapshots.sock");
    }

    /**
     * The lines of containerd's configuration by which it knows the snapshotter as {@code name}.
     */
    String plugin(String name) {
        return """
               [proxy_plugins.%s]
                 type = "snapshot"
                 address = "%s"
               """
                .formatted(name, socket());
    }

    @Override
    public void close() {
        server.shutdownNow();
        try {
            var _ = server.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        Ran.run(LIMIT, "rm", "-rf", "--one-file-system", directory.toString());
    }

    private record Snapshot(Info info, Path file) {}

    private final class Service extends SnapshotsGrpc.SnapshotsImplBase {
        private final Map<String, Snapshot> snapshots = new LinkedHashMap<>();
        private int next;

        @Override
        public synchronized void prepare(
                PrepareSnapshotRequest request, StreamObserver<PrepareSnapshotResponse> answer) {
            var snapshot =
                    make(
                            request.getKey(),
                            request.getParent(),
                            Kind.ACTIVE,
                            request.getLabelsMap(),
                            answer);
            if (snapshot != null) {
                reply(
                        answer,
                        PrepareSnapshotResponse.newBuilder().addMounts(mount(snapshot)).build());
            }
        }

        @Override
        public synchronized void view(
                ViewSnapshotRequest request, StreamObserver<ViewSnapshotResponse> answer) {
            var snapshot =
                    make(
                            request.getKey(),
                            request.getParent(),
                            Kind.VIEW,
                            request.getLabelsMap(),
                            answer);
            if (snapshot != null) {
                reply(answer, ViewSnapshotResponse.newBuilder().addMounts(mount(snapshot)).build());
            }
        }

        @Override
        public synchronized void mounts(
                MountsRequest request, StreamObserver<MountsResponse> answer) {
            var snapshot = find(request.getKey(), answer);
            if (snapshot != null) {
                reply(answer, MountsResponse.newBuilder().addMounts(mount(snapshot)).build());
            }
        }

        @Override
        public synchronized void commit(
                CommitSnapshotRequest request, StreamObserver<Empty> answer) {
            var snapshot = find(request.getKey(), answer);
            if (snapshot == null) {
                return;
            }
            snapshots.remove(request.getKey());
            snapshots.put(
                    request.getName(),
                    new Snapshot(
                            snapshot.info().toBuilder()
                                    .setName(request.getName())
                                    .setKind(Kind.COMMITTED)
                                    .putAllLabels(request.getLabelsMap())
                                    .build(),
                            snapshot.file()));
            reply(answer, Empty.getDefaultInstance());
        }

        @Override
        public synchronized void remove(
                RemoveSnapshotRequest request, StreamObserver<Empty> answer) {
            var snapshot = find(request.getKey(), answer);
            if (snapshot != null) {
                snapshots.remove(request.getKey());
                var _ = snapshot.file().toFile().delete();
                reply(answer, Empty.getDefaultInstance());
            }
        }

        @Override
        public synchronized void stat(
                StatSnapshotRequest request, StreamObserver<StatSnapshotResponse> answer) {
            var snapshot = find(request.getKey(), answer);
            if (snapshot != null) {
                reply(answer, StatSnapshotResponse.newBuilder().setInfo(snapshot.info()).build());
            }
        }

        @Override
        public synchronized void update(
                UpdateSnapshotRequest request, StreamObserver<UpdateSnapshotResponse> answer) {
            var name = request.getInfo().getName();
            var snapshot = find(name, answer);
            if (snapshot != null) {
                var info =
                        snapshot.info().toBuilder()
                                .clearLabels()
                                .putAllLabels(request.getInfo().getLabelsMap())
                                .build();
                snapshots.put(name, new Snapshot(info, snapshot.file()));
                reply(answer, UpdateSnapshotResponse.newBuilder().setInfo(info).build());
            }
        }

        @Override
        public synchronized void list(
                ListSnapshotsRequest request, StreamObserver<ListSnapshotsResponse> answer) {
            var all = ListSnapshotsResponse.newBuilder();
            snapshots.values().forEach(snapshot -> all.addInfo(snapshot.info()));
            reply(answer, all.build());
        }

        @Override
        public synchronized void usage(UsageRequest request, StreamObserver<UsageResponse> answer) {
            if (find(request.getKey(), answer) != null) {
                reply(answer, UsageResponse.getDefaultInstance());
            }
        }

        @Override
        public void cleanup(CleanupRequest request, StreamObserver<Empty> answer) {
            reply(answer, Empty.getDefaultInstance());
        }

        private @Nullable Snapshot make(
                String key,
                String parent,
                Kind kind,
                Map<String, String> labels,
                StreamObserver<?> answer) {
            if (snapshots.containsKey(key)) {
                answer.onError(Status.ALREADY_EXISTS.withDescription(key).asRuntimeException());
                return null;
            }
            var file = directory.resolve(next++ + ".ext4");
            if (parent.isEmpty()) {
                Ran.run(LIMIT, "mke2fs", "-q", "-F", "-t", "ext4", file.toString(), "64m")
                        .succeeded();
            } else {
                var from = find(parent, answer);
                if (from == null) {
                    return null;
                }
                Ran.run(LIMIT, "cp", "--sparse=always", from.file().toString(), file.toString())
                        .succeeded();
            }
            var made =
                    new Snapshot(
                            Info.newBuilder()
                                    .setName(key)
                                    .setParent(parent)
                                    .setKind(kind)
                                    .putAllLabels(labels)
                                    .build(),
                            file);
            snapshots.put(key, made);
            return made;
        }

        private @Nullable Snapshot find(String key, StreamObserver<?> answer) {
            var found = snapshots.get(key);
            if (found == null) {
                answer.onError(Status.NOT_FOUND.withDescription(key).asRuntimeException());
            }
            return found;
        }
    }

    private static SnapshotMount mount(Snapshot snapshot) {
        return SnapshotMount.newBuilder()
                .setType("ext4")
                .setSource(snapshot.file().toString())
                .addAllOptions(
                        List.of(snapshot.info().getKind() == Kind.ACTIVE ? "rw" : "ro", "loop"))
                .build();
    }

    private static <T> void reply(StreamObserver<T> answer, T message) {
        answer.onNext(message);
        answer.onCompleted();
    }
}
