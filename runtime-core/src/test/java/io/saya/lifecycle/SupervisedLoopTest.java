package io.saya.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.log.Log;
import io.saya.log.LogRecord;
import io.saya.log.LogRouter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SupervisedLoopTest {
    private static final Log LOG = Log.of("supervised");

    private final List<LogRecord> lines = new ArrayList<>();
    private int turns;

    @BeforeEach
    void listen() {
        LogRouter.install(
                line -> {
                    if (line.component().equals("supervised")) { // others have logged before
                        lines.add(line);
                    }
                });
    }

    @AfterEach
    void endLog() {
        LogRouter.uninstall();
    }

    @Test
    void itGoesOnAfterWhateverATurnFailsWithAndTellsOnce() {
        SupervisedLoop.run(
                LOG,
                "nothing is done",
                () ->
                        switch (++turns) {
                            case 1 -> throw new IOException("no descriptor");
                            case 2 -> throw new StackOverflowError();
                            case 3 -> throw new IllegalStateException("nobody has thought of it");
                            default -> false;
                        });

        assertThat(turns).isEqualTo(4);
        assertThat(lines).extracting(LogRecord::message).containsExactly("nothing is done");
        assertThat(lines.getFirst().fields()).contains(Thread.currentThread().getName());
    }

    @Test
    void aFaultAfterATurnThatWentWellIsToldAgain() {
        SupervisedLoop.run(
                LOG,
                "nothing is done",
                () ->
                        switch (++turns) {
                            case 1, 3 -> throw new IOException("no descriptor");
                            case 2 -> true;
                            default -> false;
                        });

        assertThat(lines).hasSize(2);
    }

    @Test
    void anInterruptEndsIt() {
        Thread.currentThread().interrupt();
        SupervisedLoop.run(
                LOG,
                "nothing is done",
                () -> {
                    turns++;
                    throw new IOException("no descriptor");
                });

        assertThat(Thread.interrupted()).isTrue();
        assertThat(turns).isEqualTo(1);
    }
}
