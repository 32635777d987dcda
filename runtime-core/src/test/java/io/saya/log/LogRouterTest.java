package io.saya.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LogRouterTest {
    private static final String COMPONENT = "router-test";

    private final Log log = Log.of(COMPONENT);
    private final List<LogRecord> lines = new ArrayList<>();

    /** The router is the process's: a thread that another test has left may log as well. */
    private void add(LogRecord line) {
        if (line.component().equals(COMPONENT) || line.fields().contains("dropped")) {
            lines.add(line);
        }
    }

    @BeforeEach
    void forgetEarlierLines() {
        restore();
    }

    @AfterEach
    void restore() {
        LogRouter.install(line -> {});
        LogRouter.uninstall();
        LogRouter.threshold(LogLevel.INFO);
    }

    @Test
    void linesLoggedBeforeASinkIsThereComeFirstAndInOrder() {
        log.info("one", "n", 1);
        log.warn("two");
        LogRouter.install(this::add);
        log.error("three");

        assertThat(lines).extracting(LogRecord::message).containsExactly("one", "two", "three");
        assertThat(lines.getFirst().fields()).containsExactly("n", 1);
        assertThat(lines.getFirst().component()).isEqualTo(COMPONENT);
    }

    @Test
    void earlyLinesAreBoundedAndTheLossIsToldOnce() {
        IntStream.range(0, LogRouter.EARLY_LINES + 3).forEach(n -> log.info("line"));
        LogRouter.install(this::add);

        assertThat(lines).hasSize(LogRouter.EARLY_LINES + 1);
        assertThat(lines.getLast().fields()).containsExactly("dropped", 3);
    }

    @Test
    void linesBelowTheThresholdAreDropped() {
        LogRouter.install(this::add);
        log.debug("unseen");
        LogRouter.threshold(LogLevel.DEBUG);
        log.debug("seen");

        assertThat(lines).extracting(LogRecord::message).containsExactly("seen");
    }
}
