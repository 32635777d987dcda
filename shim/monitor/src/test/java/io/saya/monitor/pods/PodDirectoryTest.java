package io.saya.monitor.pods;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PodDirectoryTest {
    @TempDir Path directory;

    @Test
    void itLooksAgainAfterWhateverHasFailed() throws Exception {
        AtomicInteger looks = new AtomicInteger();
        CountDownLatch third = new CountDownLatch(1);
        try (PodDirectory _ =
                new PodDirectory(
                        () ->
                                switch (looks.incrementAndGet()) {
                                    case 1 ->
                                            throw new IllegalStateException(
                                                    "nobody has thought of it");
                                    case 2 -> throw new UnsatisfiedLinkError("no epoll");
                                    default -> {
                                        third.countDown();
                                        yield List.of();
                                    }
                                },
                        directory.resolve("cri.sock"),
                        Duration.ofMillis(10))) {
            assertThat(third.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }
}
