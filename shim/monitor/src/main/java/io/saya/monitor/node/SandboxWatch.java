package io.saya.monitor.node;

import io.saya.monitor.fault.FaultReport;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Knows the sandboxes of the node: by inotify on the run directories, and by a look at all of them
 * every 10 seconds, which finds what a full event queue has lost.
 *
 * <p>{@link #all()} may be called by any thread and does not block.
 */
public final class SandboxWatch implements AutoCloseable {
    /** Between looks without an event. */
    private static final Duration LOOK = Duration.ofSeconds(10);

    /**
     * How long the watch waits while a directory has no record yet: the record follows the
     * directory in a moment.
     */
    private static final Duration SOON = Duration.ofMillis(100);

    /** A directory without a record that is looked at so often is none of a sandbox. */
    private static final int PATIENCE = 50;

    private static final Duration AFTER_FAULT = Duration.ofSeconds(1);

    private final FaultReport report = new FaultReport("sandboxes are not looked for");
    private final List<RunRoot> roots;
    private final NodeListener listener;
    private final WatchService events;

    /** What the watch's thread has registered; read and written by that thread alone. */
    private final Map<WatchKey, Path> registered = new HashMap<>();

    private final Map<Path, MonitoredSandbox> known = new HashMap<>();
    private final Map<Path, Integer> looks = new HashMap<>();
    private final Set<Path> wereUp = new HashSet<>();

    /** True if a directory may get its record in a moment. */
    private boolean waiting;

    private volatile List<MonitoredSandbox> all = List.of();

    private SandboxWatch(List<RunRoot> roots, NodeListener listener, WatchService events) {
        this.roots = roots;
        this.listener = listener;
        this.events = events;
    }

    /**
     * Looks once, then goes on in a thread of its own.
     *
     * @throws IOException if the kernel gives no inotify instance
     */
    public static SandboxWatch start(List<RunRoot> roots, NodeListener listener)
            throws IOException {
        WatchService events = FileSystems.getDefault().newWatchService();
        SandboxWatch watch = new SandboxWatch(List.copyOf(roots), listener, events);
        watch.look();
        Thread.ofPlatform().daemon().name("sandbox watch").start(watch::run);
        return watch;
    }

    /** The sandboxes that were there at the last event. */
    public Collection<MonitoredSandbox> all() {
        return all;
    }

    @Override
    public void close() throws IOException {
        events.close();
    }

    private void run() {
        try {
            while (true) {
                awaitAndLook();
            }
        } catch (InterruptedException | ClosedWatchServiceException _) {
            // Closed.
        }
    }

    private void awaitAndLook() throws InterruptedException {
        try {
            Duration patience = waiting ? SOON : LOOK;
            WatchKey key = events.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
            while (key != null) {
                take(key);
                key = events.poll();
            }
            look();
            report.done();
        } catch (ClosedWatchServiceException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            report.failed(e);
            waiting = true; // what was not looked at is looked at soon
            Thread.sleep(AFTER_FAULT);
        }
    }

    /** A socket that came and went between two looks was there all the same. */
    private void take(WatchKey key) {
        Path directory = registered.get(key);
        for (WatchEvent<?> event : key.pollEvents()) {
            if (directory != null && event.context() instanceof Path name) {
                for (SandboxRuntime runtime : SandboxRuntime.values()) {
                    if (name.toString().equals(runtime.socket())) {
                        wereUp.add(directory);
                    }
                }
            }
        }
        if (!key.reset()) {
            registered.remove(key);
        }
    }

    private void look() {
        Set<Path> there = new HashSet<>();
        waiting = false;
        for (RunRoot root : roots) {
            register(nearest(root.directory()));
            for (Path entry : root.entries()) {
                there.add(entry);
                learn(root, entry);
            }
        }
        looks.keySet().retainAll(there);
        Set<Path> gone = new HashSet<>(known.keySet());
        gone.removeAll(there);
        gone.forEach(this::forget);
        wereUp.retainAll(there);
        all = List.copyOf(known.values());
    }

    private void learn(RunRoot root, Path entry) {
        if (!known.containsKey(entry)) {
            register(entry);
            root.sandbox(entry)
                    .ifPresentOrElse(
                            sandbox -> {
                                known.put(entry, sandbox);
                                looks.remove(entry);
                            },
                            () -> lookAgain(entry));
        }
        if (Files.exists(entry.resolve(root.runtime().socket()))) {
            wereUp.add(entry);
        }
    }

    private void lookAgain(Path entry) {
        waiting |= looks.merge(entry, 1, Integer::sum) <= PATIENCE;
    }

    private void forget(Path entry) {
        MonitoredSandbox sandbox = known.remove(entry);
        if (sandbox != null) {
            if (wereUp.contains(entry)) {
                listener.ended(sandbox);
            } else {
                listener.startFailed(sandbox);
            }
        }
    }

    /** The directory itself, or the lowest one above it that exists: there it will appear. */
    private static Path nearest(Path directory) {
        Path at = directory.toAbsolutePath();
        while (!Files.isDirectory(at) && at.getParent() != null) {
            at = at.getParent();
        }
        return at;
    }

    private void register(@Nullable Path directory) {
        if (directory == null || registered.containsValue(directory)) {
            return;
        }
        try {
            registered.put(
                    directory.register(
                            events,
                            StandardWatchEventKinds.ENTRY_CREATE,
                            StandardWatchEventKinds.ENTRY_DELETE),
                    directory);
        } catch (IOException _) {
            // No watch is left (fs.inotify.max_user_watches), or it has gone: the look every 10 s
            // does without.
        }
    }
}
