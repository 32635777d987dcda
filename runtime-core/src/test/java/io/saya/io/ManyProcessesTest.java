package io.saya.io;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.saya.event.TaskIo;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ManyProcessesTest {
    private static final ContainerIdentity CONTAINER = new ContainerIdentity("test", "c1");

    @TempDir Path directory;

    private static long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    @Test
    void twoThousandProbesLeaveNothingBehind() throws Exception {
        Path stdout = Peers.fifo(directory, "stdout");
        Path stderr = Peers.fifo(directory, "stderr");
        TaskIo io = new TaskIo("", stdout.toString(), stderr.toString(), false);
        HostStdio host = new HostStdio(directory);
        long before = descriptors();
        try (ExecutorService clients =
                Executors.newFixedThreadPool(2, Thread.ofPlatform().daemon().factory())) {
            for (int i = 0; i < 2000; i++) {
                ProcessStdio stdio = host.open(io, CONTAINER);
                CompletableFuture<String> out = read(stdout, clients);
                CompletableFuture<String> err = read(stderr, clients);
                ScriptedGuest guest = new ScriptedGuest();
                guest.stdout.print("healthy " + i);
                stdio.attach(guest.ends());
                assertThat(out.get(10, SECONDS)).isEqualTo("healthy " + i);
                assertThat(err.get(10, SECONDS)).isEmpty();
                stdio.finish(Duration.ofSeconds(10));
                assertThat(guest.closed).hasValue(1);
            }
        }
        assertThat(Leftovers.threads()).hasSizeLessThan(8);
        Leftovers.assertNone(directory);
        assertThat(descriptors()).isLessThanOrEqualTo(before + 2);
    }

    private static CompletableFuture<String> read(Path fifo, ExecutorService clients) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try (FileInputStream stream = new FileInputStream(fifo.toFile())) {
                        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                clients);
    }

    @Test
    void closedAtAnyMomentNothingIsLeft() throws Exception {
        Path stdin = Peers.fifo(directory, "stdin");
        Path stdout = Peers.fifo(directory, "stdout");
        Path stderr = Peers.fifo(directory, "stderr");
        TaskIo io = new TaskIo(stdin.toString(), stdout.toString(), stderr.toString(), false);
        HostStdio host = new HostStdio(directory);
        Process client =
                Peers.shell(
                        "while :; do head -c 100000 \"$1\" >/dev/null; done & "
                                + "while :; do cat \"$2\" >/dev/null; done & "
                                + "while :; do head -c 100000 /dev/zero >\"$3\"; done & wait",
                        stdout,
                        stderr,
                        stdin);
        try {
            for (int i = 0; i < 500; i++) {
                ProcessStdio stdio = host.open(io, CONTAINER);
                ScriptedGuest guest = new ScriptedGuest();
                Thread attach = Thread.startVirtualThread(() -> stdio.attach(guest));
                guest.stdout.print("x".repeat(ThreadLocalRandom.current().nextInt(1, 200_000)));
                guest.stderr.print("y").end();
                Thread.sleep(Duration.ofNanos(ThreadLocalRandom.current().nextInt(3_000_000)));
                stdio.closeStdin();
                Thread second = Thread.startVirtualThread(stdio::close);
                stdio.close();
                attach.join();
                second.join();
                assertThat(guest.closed).hasValue(1);
                assertThat(stdio.outputEnded()).isDone();
            }
        } finally {
            client.descendants().forEach(ProcessHandle::destroyForcibly);
            client.destroyForcibly();
        }
        Leftovers.assertNone(directory);
    }
}
