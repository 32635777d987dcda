package io.saya.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.host.HostProcess;
import io.saya.host.ProcessExit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the kernel tells of a vsock daemon is understood. */
@Timeout(60)
class VsockCarrierTest {

    private static final String EPOLL = "pos:\t0\nflags:\t02\nmnt_id:\t15\nino:\t9\n";

    @TempDir Path proc;
    private final CompletableFuture<ProcessExit> exited = new CompletableFuture<>();

    @BeforeEach
    void make() throws IOException {
        Files.createDirectory(proc.resolve("fdinfo"));
        Files.createDirectories(proc.resolve("task/1"));
        Files.writeString(proc.resolve("task/1/comm"), "vhost-device-vs\n");
        Files.writeString(proc.resolve("fdinfo/0"), "pos:\t0\nflags:\t0100002\n");
        // The listener of the host's connections.
        Files.writeString(proc.resolve("fdinfo/5"), EPOLL + waitsFor(4));
    }

    private VsockCarrier carrier() {
        return new VsockCarrier(
                new HostProcess() {
                    @Override
                    public long pid() {
                        return 1;
                    }

                    @Override
                    public CompletableFuture<ProcessExit> exited() {
                        return exited;
                    }

                    @Override
                    public void signal(int number) {}

                    @Override
                    public String outputTail() {
                        return "thread 'vring_worker' panicked\n";
                    }
                },
                proc);
    }

    private static String waitsFor(long number) {
        return "tfd:%9d events:%9x data:%17x  pos:0 ino:42 sdev:d\n".formatted(7, 0x19, number);
    }

    private void serves(long... numbers) {
        StringBuilder text = new StringBuilder(EPOLL);
        for (long number : numbers) {
            text.append(waitsFor(number));
        }
        try {
            Files.writeString(proc.resolve("fdinfo/8"), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void itIsWaitedForUntilItHasBothQueues() {
        serves(3, 4, 5);
        AtomicInteger looks = new AtomicInteger();
        boolean ready =
                carrier()
                        .awaitQueues(
                                () -> {
                                    switch (looks.incrementAndGet()) {
                                        case 2 -> serves(3, 4, 5, 0);
                                        case 4 -> serves(3, 4, 5, 0, 1);
                                        default -> {}
                                    }
                                    return false;
                                });
        assertThat(ready).isTrue();
        assertThat(looks).hasValue(4);
    }

    @Test
    void patienceEndsTheWait() {
        serves(3, 4, 5);
        AtomicInteger looks = new AtomicInteger();
        assertThat(carrier().awaitQueues(() -> looks.incrementAndGet() == 3)).isFalse();
        assertThat(looks).hasValue(3);
    }

    @Test
    void theEndOfTheProcessEndsTheWait() {
        serves(3, 4, 5);
        exited.complete(new ProcessExit.Code(0));
        assertThat(carrier().awaitQueues(() -> false)).isTrue();
    }

    @Test
    void anotherDaemonIsNotWaitedFor() throws IOException {
        serves(17, 18);
        assertThat(carrier().awaitQueues(() -> false)).isTrue();
        Files.delete(proc.resolve("fdinfo/8"));
        assertThat(carrier().awaitQueues(() -> false)).isTrue();
    }

    @Test
    void aThreadThatWasThereAndIsGoneIsTheEndOfItsService() throws IOException {
        VsockCarrier carrier = carrier();
        assertThat(carrier.hasEnded()).isFalse();
        Files.createDirectory(proc.resolve("task/2"));
        Files.writeString(proc.resolve("task/2/comm"), "vring_worker\n");
        assertThat(carrier.hasEnded()).isFalse();
        Files.delete(proc.resolve("task/2/comm"));
        assertThat(carrier.hasEnded()).isTrue();
        assertThat(carrier.ending()).contains("vring_worker").endsWith("panicked");
        exited.complete(new ProcessExit.Code(3));
        assertThat(carrier.hasEnded()).isTrue();
        assertThat(carrier.ending()).contains("ended with exit code 3; it said: ");
    }
}
