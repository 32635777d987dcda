package io.saya.qemu.probe;

import io.saya.json.Json;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import io.saya.log.Log;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Asks another probe once and keeps the verdict in a file for all sandboxes of the host, now and
 * later. Where several ask at once, one probes and the others wait for it.
 */
final class RememberedKvmProbe implements KvmProbe {
    private static final Log LOG = Log.of("kvm-probe");

    private static final String FILE = "kvm-probe.json";
    private static final String LOCK_FILE = "kvm-probe.lock";

    /** Longer than a probe takes at most; afterwards the guest is emulated. */
    private static final Duration LOCK_DEADLINE = Duration.ofSeconds(60);

    private static final Duration LOCK_RETRY = Duration.ofMillis(20);

    private final KvmProbe probe;
    private final Path device;
    private final Path directory;

    /** Java's file locks exclude processes only; this one excludes the threads of ours. */
    private final ReentrantLock threads = new ReentrantLock();

    RememberedKvmProbe(KvmProbe probe, Path device, Path directory) {
        this.probe = probe;
        this.device = device;
        this.directory = directory;
    }

    @Override
    public KvmVerdict verdict(Path qemu) {
        try {
            // Cheaper than anything remembered, and says why.
            FileChannel.open(device, StandardOpenOption.READ, StandardOpenOption.WRITE).close();
        } catch (NoSuchFileException e) {
            return new KvmVerdict.Undecided("there is no " + device);
        } catch (IOException e) {
            return new KvmVerdict.Undecided(device + " cannot be opened: " + e.getMessage());
        }
        try {
            ProbeKey key = ProbeKey.of(qemu, device);
            KvmVerdict known = recall(key);
            return known instanceof KvmVerdict.Undecided ? findOut(qemu, key) : known;
        } catch (IOException e) {
            return new KvmVerdict.Undecided("probe of " + device + ": " + e.getMessage());
        }
    }

    private KvmVerdict findOut(Path qemu, ProbeKey key) throws IOException {
        threads.lock();
        try (FileChannel channel =
                FileChannel.open(
                        directory.resolve(LOCK_FILE),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE)) {
            if (!lock(channel)) {
                return new KvmVerdict.Undecided(
                        "another process has been probing KVM for "
                                + LOCK_DEADLINE.toSeconds()
                                + " s");
            }
            KvmVerdict known = recall(key);
            if (!(known instanceof KvmVerdict.Undecided)) {
                return known;
            }
            KvmVerdict verdict = probe.verdict(qemu);
            LOG.info("KVM probed", "verdict", verdict);
            remember(key, verdict);
            return verdict;
        } finally {
            threads.unlock();
        }
    }

    /** Takes the lock, which ends with the channel or the process. */
    private static boolean lock(FileChannel channel) throws IOException {
        long deadline = System.nanoTime() + LOCK_DEADLINE.toNanos();
        FileLock lock = channel.tryLock();
        while (lock == null && System.nanoTime() < deadline) {
            LockSupport.parkNanos(LOCK_RETRY.toNanos());
            lock = channel.tryLock();
        }
        return lock != null;
    }

    private KvmVerdict recall(ProbeKey key) throws IOException {
        try {
            JsonObject file = Json.parseObject(Files.readAllBytes(directory.resolve(FILE)));
            if (!key.members().equals(file.get("key"))) {
                return new KvmVerdict.Undecided("the host has changed");
            }
            String cpuModel = file.string("cpu_model").orElse("");
            return cpuModel.isEmpty()
                    ? new KvmVerdict.Unusable(file.string("reason").orElse(""))
                    : new KvmVerdict.Usable(cpuModel);
        } catch (NoSuchFileException e) {
            return new KvmVerdict.Undecided("never probed");
        } catch (JsonException e) {
            LOG.warn("verdict on KVM cannot be read, probing again", "error", e);
            return new KvmVerdict.Undecided("the remembered verdict cannot be read");
        }
    }

    private void remember(ProbeKey key, KvmVerdict verdict) throws IOException {
        JsonObject.Builder file = JsonObject.builder().put("key", key.members());
        switch (verdict) {
            case KvmVerdict.Usable(String cpuModel) -> file.put("cpu_model", cpuModel);
            case KvmVerdict.Unusable(String reason) -> file.put("reason", reason);
            case KvmVerdict.Undecided _ -> {
                return;
            }
        }
        Path unfinished = Files.createTempFile(directory, "kvm-probe", ".json");
        Files.write(unfinished, Json.writeBytes(file.build()));
        Files.move(
                unfinished,
                directory.resolve(FILE),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }
}
