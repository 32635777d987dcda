package io.saya.network.sockets;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.failure.RuntimeFailure;
import io.saya.host.Host;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.oci.OciSpec.OciMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The host's Unix sockets that containers may connect to ({@code forward_sockets}): those that are
 * the source of a mount, and those in a directory that is mounted read-only. Who may rename in a
 * directory could give another socket an admitted name, so writable ones are left out. Thread safe.
 */
public final class HostSockets {
    private static final Log LOG = Log.of("sockets");

    /** The process is a matter of milliseconds, the guest's answer of a busy host's second. */
    private static final Duration START_LIMIT = Duration.ofSeconds(20);

    /**
     * How often a socket that is new at its place is put over what the container sees: a guest
     * looks a name up again after a second only, and takes what is mounted there away when it finds
     * another file. Looks are two seconds apart.
     */
    private static final int TIMES = 3;

    private final Host host;
    private final Path runDirectory;
    private final String sandboxId;
    private final SocketPatterns patterns;
    private final Supplier<? extends SocketGuest> guest;
    private final Map<String, Shown> containers = new ConcurrentHashMap<>();
    private final AtomicBoolean looking = new AtomicBoolean();

    @GuardedBy("this")
    private final List<Path> numbered = new ArrayList<>();

    @GuardedBy("this")
    private @Nullable CompletableFuture<SocketRelay> relay;

    @GuardedBy("this")
    private boolean ended;

    /**
     * @param runDirectory the sandbox's
     * @param allowed globs
     */
    public HostSockets(
            Host host,
            Path runDirectory,
            String sandboxId,
            List<String> allowed,
            Supplier<? extends SocketGuest> guest) {
        this.host = host;
        this.runDirectory = runDirectory;
        this.sandboxId = sandboxId;
        this.patterns = new SocketPatterns(allowed);
        this.guest = guest;
    }

    /**
     * A directory with sockets, as a container has it.
     *
     * @param directory on the host, without a link in its path
     * @param destination in the container
     */
    private record Volume(Path directory, String destination) {

        String place(HostSocket socket) {
            return destination + "/" + directory.relativize(socket.path());
        }
    }

    /** What one container is shown; used by one thread at a time. */
    private static final class Shown {
        private final String containerId;
        private final List<Volume> volumes;
        private final Map<String, Mounted> mounted = new HashMap<>();

        Shown(String containerId, List<Volume> volumes) {
            this.containerId = containerId;
            this.volumes = volumes;
        }
    }

    /**
     * What was put at a place of a container's.
     *
     * @param left how often it is to be put there again
     */
    private record Mounted(HostSocket socket, int left) {}

    /** True if there may be one among a container's mounts; looks at nothing. */
    public boolean concern(List<OciMount> mounts) {
        return !patterns.none() && mounts.stream().anyMatch(OciMount::bind);
    }

    /** True if the guest has been offered any. */
    public boolean inUse() {
        synchronized (this) {
            return relay != null;
        }
    }

    /**
     * Offers those that are the sources of mounts themselves. Blocks.
     *
     * @return by source, where the guest has what stands for it
     * @throws RuntimeFailure if the guest cannot
     */
    public Map<String, String> sources(List<OciMount> mounts) throws IOException {
        Map<String, String> inGuest = new HashMap<>();
        for (OciMount mount : mounts) {
            if (mount.bind()) {
                Optional<HostSocket> socket = patterns.admitted(Path.of(mount.source()));
                if (socket.isPresent()) {
                    inGuest.put(mount.source(), SocketGuest.place(offer(socket.get())));
                }
            }
        }
        return inGuest;
    }

    /**
     * Shows a container, which has been made, those in its directories, now and whenever one comes
     * or is made anew. Blocks.
     *
     * @return false if it has none, and none can come
     * @throws RuntimeFailure if the guest cannot
     */
    public boolean show(String containerId, List<OciMount> mounts) throws IOException {
        List<Volume> volumes = new ArrayList<>();
        for (OciMount mount : mounts) {
            Path source = Path.of(mount.source());
            if (mount.bind() && Files.isDirectory(source)) {
                Volume volume = new Volume(source.toRealPath(), mount.destination());
                if (mount.options().contains("ro") || mount.options().contains("rro")) {
                    volumes.add(volume);
                } else if (!patterns.below(volume.directory()).isEmpty()) {
                    LOG.warn(
                            "sockets in a volume are not forwarded",
                            "volume",
                            mount.source(),
                            "expected",
                            "a volume that is mounted read-only, or the socket itself as volume");
                }
            }
        }
        volumes.removeIf(volume -> !patterns.reachBelow(volume.directory()));
        if (volumes.isEmpty()) {
            return false;
        }
        Shown shown = new Shown(containerId, volumes);
        lookAt(shown, true);
        containers.put(containerId, shown);
        return true;
    }

    /** Follows a container's no longer. */
    public void forget(String containerId) {
        containers.remove(containerId);
    }

    /** Looks for sockets that have come, in a thread of its own; to be called every few seconds. */
    public void look() {
        if (!containers.isEmpty() && looking.compareAndSet(false, true)) {
            Thread.ofVirtual()
                    .name("sockets")
                    .start(
                            () -> {
                                try {
                                    containers.values().forEach(this::lookAgainAt);
                                } finally {
                                    looking.set(false);
                                }
                            });
        }
    }

    private void lookAgainAt(Shown shown) {
        try {
            lookAt(shown, false);
        } catch (IOException | RuntimeException e) {
            LOG.debug("sockets of the host", "container", shown.containerId, "error", e);
        }
    }

    /**
     * @param now a failure is the caller's; else what fails is tried again, and told of at last
     */
    private void lookAt(Shown shown, boolean now) throws IOException {
        Set<String> there = new HashSet<>();
        for (Volume volume : shown.volumes) {
            for (HostSocket socket : patterns.below(volume.directory())) {
                String place = volume.place(socket);
                there.add(place);
                Mounted known = shown.mounted.get(place);
                int left = known == null || !known.socket().equals(socket) ? TIMES : known.left();
                if (left > 0) {
                    shown.mounted.put(place, new Mounted(socket, left - 1));
                    put(shown, socket, place, now, left == 1);
                }
            }
        }
        shown.mounted.keySet().retainAll(there);
    }

    private void put(Shown shown, HostSocket socket, String place, boolean now, boolean last)
            throws IOException {
        try {
            guest.get().mountSocket(offer(socket), shown.containerId, place);
        } catch (IOException | RuntimeFailure e) {
            if (now) {
                throw e;
            }
            if (last) {
                LOG.warn(
                        "a socket of the host cannot be connected to",
                        "socket",
                        socket.path(),
                        "container",
                        shown.containerId,
                        "error",
                        e);
            }
        }
    }

    /** Returns its number in the guest. */
    private int offer(HostSocket socket) throws IOException {
        awaitRelay();
        int number = number(socket.path());
        guest.get().offerSocket(number, socket);
        return number;
    }

    private synchronized int number(Path path) throws IOException {
        int known = numbered.indexOf(path);
        if (known >= 0) {
            return known + 1;
        }
        if (numbered.size() == SocketGuest.SOCKETS) {
            throw new IOException(
                    "socket "
                            + path
                            + ": the sandbox has "
                            + SocketGuest.SOCKETS
                            + " others (expected: fewer that valid_socket_paths admits)");
        }
        numbered.add(path);
        return numbered.size();
    }

    private synchronized Optional<Path> path(int number) {
        return number >= 1 && number <= numbered.size()
                ? Optional.of(numbered.get(number - 1))
                : Optional.empty();
    }

    /** Has it begin, once; whoever comes meanwhile waits. */
    private void awaitRelay() throws IOException {
        CompletableFuture<SocketRelay> mine = new CompletableFuture<>();
        CompletableFuture<SocketRelay> current;
        boolean first;
        synchronized (this) {
            if (ended) {
                throw new IOException("the sandbox ends");
            }
            first = relay == null;
            current = relay == null ? mine : relay;
            relay = current;
        }
        if (first) {
            begin(mine);
        }
        switch (Waited.on(current, START_LIMIT)) {
            case Waited.Done(var _) -> {}
            case Waited.Failed(Throwable cause) ->
                    throw new IOException("sockets of the host: " + cause.getMessage(), cause);
            case Waited.TimedOut(), Waited.Interrupted() ->
                    throw new IOException("sockets of the host: the relay has not begun in time");
        }
    }

    private void begin(CompletableFuture<SocketRelay> mine) {
        try {
            SocketRelay started =
                    SocketRelay.start(host, runDirectory, sandboxId, guest.get(), this::path);
            mine.complete(started);
            boolean late;
            synchronized (this) {
                late = ended;
            }
            if (late) {
                started.close();
            }
        } catch (IOException | RuntimeException | Error e) {
            synchronized (this) {
                relay = null; // the next one tries again
            }
            mine.completeExceptionally(e);
        }
    }

    /** Ends it, for good; returns when its process is reaped. May be called again. */
    public void end() throws IOException {
        CompletableFuture<SocketRelay> last;
        synchronized (this) {
            ended = true;
            last = relay;
        }
        SocketRelay running = last == null ? null : last.getNow(null);
        if (running != null) {
            running.close();
        }
    }
}
