package io.saya.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.log.LogLevel;
import io.saya.log.LogRecord;
import io.saya.log.LogRouter;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class UncaughtFaultsTest {
    private final List<LogRecord> lines = new CopyOnWriteArrayList<>();
    private final Thread.UncaughtExceptionHandler before =
            Thread.getDefaultUncaughtExceptionHandler();

    @BeforeEach
    void listen() {
        LogRouter.install(
                line -> {
                    if (line.component().equals("thread")) { // others have logged before
                        lines.add(line);
                    }
                });
        UncaughtFaults.logAll();
    }

    @AfterEach
    void restore() {
        Thread.setDefaultUncaughtExceptionHandler(before);
        LogRouter.uninstall();
    }

    @Test
    void theThreadIsNamed() throws InterruptedException {
        fail("exit of app1");

        assertThat(lines).singleElement().extracting(LogRecord::level).isEqualTo(LogLevel.ERROR);
        assertThat(lines.getFirst().fields().toString()).contains("exit of app1", "nobody");
    }

    @Test
    void aThousandOfThemAreNoFlood() throws InterruptedException {
        for (int i = 0; i < 1000; i++) {
            fail("thread " + i);
        }

        assertThat(lines).hasSizeBetween(1, 20);
    }

    private static void fail(String name) throws InterruptedException {
        Thread.ofVirtual()
                .name(name)
                .start(
                        () -> {
                            throw new IllegalStateException("nobody has thought of it");
                        })
                .join();
    }
}
