package io.saya.qemu.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RememberedKvmProbeTest {
    @TempDir Path directory;

    private final AtomicInteger probes = new AtomicInteger();
    private KvmVerdict next = new KvmVerdict.Usable("host,-arch-capabilities");
    private Path device = Path.of("unset");
    private Path qemu = Path.of("unset");

    @BeforeEach
    void makeFiles() throws IOException {
        device = Files.createFile(directory.resolve("kvm"));
        qemu = Files.writeString(directory.resolve("qemu"), "binary");
    }

    @Test
    void aVerdictIsRememberedByAll() {
        for (KvmVerdict verdict :
                List.of(
                        new KvmVerdict.Usable("host,-arch-capabilities"),
                        new KvmVerdict.Unusable("it is \"slow\""))) {
            forget();
            next = verdict;
            assertThat(probe().verdict(qemu)).isEqualTo(verdict);
            assertThat(probe().verdict(qemu)).isEqualTo(verdict);
            assertThat(probes.getAndSet(0)).isEqualTo(1);
        }
    }

    @Test
    void whatIsNotDecidedIsAskedAgain() {
        next = new KvmVerdict.Undecided("busy");
        assertThat(probe().verdict(qemu)).isEqualTo(next);
        next = new KvmVerdict.Usable("host");
        assertThat(probe().verdict(qemu)).isEqualTo(next);
        assertThat(probes).hasValue(2);
    }

    @Test
    void anotherQemuIsProbed() throws IOException {
        var _ = probe().verdict(qemu);
        Files.writeString(qemu, "upgraded binary");
        var _ = probe().verdict(qemu);
        assertThat(probes).hasValue(2);
    }

    @Test
    void anotherDeviceNodeIsProbed() throws IOException {
        var _ = probe().verdict(qemu);
        Files.move(Files.createFile(directory.resolve("reloaded")), replaced(device));
        var _ = probe().verdict(qemu);
        assertThat(probes).hasValue(2);
    }

    @Test
    void aDamagedMemoryIsProbedAgain() throws IOException {
        var _ = probe().verdict(qemu);
        for (String damage : List.of("", "{", "[]", "{\"key\":7}", "\0\0\0\0")) {
            Files.writeString(directory.resolve("kvm-probe.json"), damage);
            assertThat(probe().verdict(qemu)).as(damage).isEqualTo(next);
        }
        assertThat(probes).hasValue(6);
    }

    @Test
    void withoutTheDeviceNothingIsProbed() throws IOException {
        Files.delete(device);
        assertThat(probe().verdict(qemu))
                .isEqualTo(new KvmVerdict.Undecided("there is no " + device));
        assertThat(probes).hasValue(0);
    }

    @Test
    void thoseWhoAskAtOnceShareAProbe() throws Exception {
        KvmProbe shared = probe();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<KvmVerdict>> askers = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                askers.add(() -> shared.verdict(qemu));
            }
            for (Future<KvmVerdict> verdict : threads.invokeAll(askers)) {
                assertThat(verdict.get()).isEqualTo(next);
            }
        }
        assertThat(probes).hasValue(1);
    }

    @Test
    void onlyTheVerdictAndTheLockAreLeft() throws IOException {
        var _ = probe().verdict(qemu);
        try (var files = Files.newDirectoryStream(directory, "kvm-probe*")) {
            assertThat(files)
                    .containsExactlyInAnyOrder(
                            directory.resolve("kvm-probe.json"),
                            directory.resolve("kvm-probe.lock"));
        }
    }

    private KvmProbe probe() {
        return new RememberedKvmProbe(
                _ -> {
                    probes.incrementAndGet();
                    return next;
                },
                device,
                directory);
    }

    private void forget() {
        try {
            Files.deleteIfExists(directory.resolve("kvm-probe.json"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path replaced(Path path) throws IOException {
        Files.delete(path);
        return path;
    }
}
