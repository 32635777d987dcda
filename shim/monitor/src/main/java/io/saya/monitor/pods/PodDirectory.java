package io.saya.monitor.pods;

import io.grpc.StatusRuntimeException;
import io.saya.monitor.fault.FaultReport;
import io.saya.monitor.node.MonitoredSandbox;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Knows the pods that sandboxes are to Kubernetes. A thread of its own asks, so that {@link #of}
 * never waits: the bundle's annotations once, CRI every 5 seconds while there is a sandbox that it
 * has not named.
 */
public final class PodDirectory implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofSeconds(5);

    /** CRI is not asked again for a sandbox that it does not know: {@code ctr} made it. */
    private static final int TRIES = 12;

    private final Supplier<Collection<MonitoredSandbox>> sandboxes;
    private final Path criSocket;
    private final Duration interval;
    private final Map<String, PodIdentity> identities = new ConcurrentHashMap<>();

    /** How often CRI did not know it; the thread's own. */
    private final Map<String, Integer> misses = new HashMap<>();

    private final FaultReport report = new FaultReport("pods are not named");
    private final Thread thread;
    private @Nullable CriClient cri;
    private volatile boolean criAnswers;

    /**
     * Starts to ask.
     *
     * @param criSocket containerd's; it need not exist
     */
    public PodDirectory(Supplier<Collection<MonitoredSandbox>> sandboxes, Path criSocket) {
        this(sandboxes, criSocket, INTERVAL);
    }

    /**
     * @param interval from one look to the next
     */
    PodDirectory(
            Supplier<Collection<MonitoredSandbox>> sandboxes, Path criSocket, Duration interval) {
        this.sandboxes = sandboxes;
        this.criSocket = criSocket;
        this.interval = interval;
        this.thread = Thread.ofPlatform().daemon().name("pod names").start(this::run);
    }

    /**
     * Returns what is known of a sandbox. Reads its bundle the first time; never waits for
     * containerd.
     */
    public PodIdentity of(MonitoredSandbox sandbox) {
        return identities.computeIfAbsent(sandbox.id(), _ -> BundleAnnotations.of(sandbox));
    }

    /** True if containerd answered the last time. */
    public boolean criAnswers() {
        return criAnswers;
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    private void run() {
        try {
            while (true) {
                lookSurely();
                Thread.sleep(interval);
            }
        } catch (InterruptedException _) {
            // Closed.
        } finally {
            hangUp();
        }
    }

    /** An answer that nobody has thought of is not the end: the next one may be another. */
    private void lookSurely() {
        try {
            look();
            report.done();
        } catch (RuntimeException | Error e) {
            report.failed(e);
            criAnswers = false;
            hangUp();
        }
    }

    private void look() {
        Collection<MonitoredSandbox> all = sandboxes.get();
        Set<String> living = all.stream().map(MonitoredSandbox::id).collect(Collectors.toSet());
        identities.keySet().retainAll(living);
        misses.keySet().retainAll(living);
        if (all.stream().anyMatch(this::isUnnamed) && Files.exists(criSocket)) {
            ask(all);
        }
    }

    private void hangUp() {
        CriClient client = cri;
        cri = null;
        if (client != null) {
            client.close();
        }
    }

    private boolean isUnnamed(MonitoredSandbox sandbox) {
        return of(sandbox).runtimeHandler().isEmpty()
                && misses.getOrDefault(sandbox.id(), 0) < TRIES;
    }

    private void ask(Collection<MonitoredSandbox> all) {
        try {
            CriClient client = cri == null ? new CriClient(criSocket) : cri;
            cri = client;
            Map<String, PodIdentity> pods = client.pods();
            for (MonitoredSandbox sandbox : all) {
                if (isUnnamed(sandbox)) {
                    name(client, sandbox, pods.get(sandbox.id()));
                }
            }
            criAnswers = true;
        } catch (StatusRuntimeException _) {
            // containerd is away, or has no CRI plugin: the annotations have to do.
            criAnswers = false;
        }
    }

    private void name(CriClient client, MonitoredSandbox sandbox, @Nullable PodIdentity told) {
        if (told == null) {
            misses.merge(sandbox.id(), 1, Integer::sum);
            return;
        }
        PodIdentity whole =
                new PodIdentity(
                        told.name(),
                        told.namespace(),
                        told.uid(),
                        told.runtimeHandler().isEmpty() ? "default" : told.runtimeHandler(),
                        client.declaredOverhead(sandbox.id()));
        identities.merge(sandbox.id(), whole, (known, fresh) -> fresh.or(known));
    }
}
