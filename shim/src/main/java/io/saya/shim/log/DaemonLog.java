package io.saya.shim.log;

import io.netty.channel.EventLoopGroup;
import io.saya.lifecycle.Waited;
import io.saya.log.LogLevel;
import io.saya.log.LogRecord;
import io.saya.log.LogRouter;
import io.saya.log.LogSink;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.apache.logging.log4j.core.Appender;
import org.jspecify.annotations.Nullable;

/**
 * The daemon's log: a bounded queue of {@linkplain BoundedLine bounded} lines, and one thread that
 * formats and writes. A thread that logs pays for a place in the queue and never waits; a line that
 * finds no place is counted, and the count is logged when there is place again. Log4j's classes are
 * loaded by that thread too, at its first line.
 */
public final class DaemonLog implements LogSink, AutoCloseable {
    /** Component of the lines that the log itself writes. */
    static final String COMPONENT = "log";

    /** Lines that may wait; a burst of a second, far more than a life cycle logs in a minute. */
    static final int QUEUE_LINES = 1024;

    /** Limit for {@link #close()} to wait for the lines that were logged before it. */
    static final Duration FLUSH_LIMIT = Duration.ofSeconds(1);

    /** Losses are told at most this often. */
    private static final Duration LOSS_REPORT = Duration.ofSeconds(10);

    private final BlockingQueue<LogRecord> queue = new ArrayBlockingQueue<>(QUEUE_LINES);
    private final LossCount queueFull = new LossCount("queue_full");
    private final LossCount unwritten = new LossCount("fault");
    private final LossCount stream = new LossCount("stderr");
    private final LossCount systemLogFull = new LossCount("system_log_full");
    private final LossCount repeats = new LossCount("repeated");
    private final LossCount beyond = new LossCount("beyond_allowance");
    private final List<LossCount> losses =
            List.of(queueFull, unwritten, stream, systemLogFull, repeats, beyond);
    private final LineAllowance allowance = new LineAllowance();
    private final RecentLines recent = new RecentLines();
    private final Thread writer;
    private volatile boolean closing;

    private DaemonLog(
            OutputStream containerd,
            @Nullable SystemLogSocket systemLog,
            EventLoopGroup events,
            String sandbox) {
        writer =
                Thread.ofPlatform()
                        .name("log")
                        .daemon(true)
                        .unstarted(() -> run(containerd, systemLog, events, sandbox));
    }

    /**
     * Starts the log and makes it the process's sink. Returns at once.
     *
     * @param events an epoll event loop for the system log's socket
     */
    public static DaemonLog start(String sandbox, EventLoopGroup events) {
        return start(
                new FileOutputStream(FileDescriptor.err), SystemLogSocket.find(), events, sandbox);
    }

    static DaemonLog start(
            OutputStream containerd,
            @Nullable SystemLogSocket systemLog,
            EventLoopGroup events,
            String sandbox) {
        DaemonLog log = new DaemonLog(containerd, systemLog, events, sandbox);
        log.writer.start();
        LogRouter.install(log);
        return log;
    }

    @Override
    public void accept(LogRecord line) {
        try {
            if (!allowance.admits(line)) {
                beyond.add(1);
            } else if (!queue.offer(BoundedLine.of(line))) {
                queueFull.add(1);
            }
        } catch (RuntimeException | Error e) {
            // Whoever logs must not fail by what cannot be put into words.
            unwritten.add(1);
        }
    }

    /** Writes what waits, within {@link #FLUSH_LIMIT}, and ends the thread. */
    @Override
    public void close() {
        var _ = close(FLUSH_LIMIT);
    }

    /** Writes what waits, within a limit, and ends the thread; false if the limit was too short. */
    boolean close(Duration limit) {
        LogRouter.uninstall();
        closing = true;
        writer.interrupt();
        return Waited.happens(limit, nanos -> writer.join(Duration.ofNanos(nanos)));
    }

    /** The last lines, for clients that ask the daemon itself. */
    public RecentLines recent() {
        return recent;
    }

    private void run(
            OutputStream containerd,
            @Nullable SystemLogSocket systemLog,
            EventLoopGroup events,
            String sandbox) {
        List<Appender> appenders = new ArrayList<>(2);
        appenders.add(new StreamAppender(containerd, sandbox, stream));
        if (systemLog != null) {
            appenders.add(SystemLogAppender.open(systemLog, events, sandbox, systemLogFull));
        }
        try (LogPipeline pipeline = new LogPipeline(appenders, repeats)) {
            writeUntilClosed(pipeline);
        }
    }

    private void writeUntilClosed(LogPipeline pipeline) {
        long lastReport = System.nanoTime() - LOSS_REPORT.toNanos();
        while (true) {
            LogRecord line = next();
            if (line == null) {
                reportLosses(pipeline);
                return;
            }
            recent.add(line);
            pipeline.write(line);
            if (System.nanoTime() - lastReport >= LOSS_REPORT.toNanos() && reportLosses(pipeline)) {
                lastReport = System.nanoTime();
            }
        }
    }

    /** The next line; null when the log is closed and all lines are written. */
    private @Nullable LogRecord next() {
        while (!closing) {
            try {
                return queue.take();
            } catch (InterruptedException _) {
                // Only close() interrupts; the condition tells.
            }
        }
        return queue.poll();
    }

    private boolean reportLosses(LogPipeline pipeline) {
        List<Object> fields = new ArrayList<>();
        for (LossCount loss : losses) {
            long lines = loss.take();
            if (lines > 0) {
                fields.add(loss.reason());
                fields.add(lines);
            }
        }
        if (!fields.isEmpty()) {
            pipeline.write(ownLine("lines were not written", fields));
        }
        return !fields.isEmpty();
    }

    private static LogRecord ownLine(String message, List<? extends @Nullable Object> fields) {
        return new LogRecord(
                System.currentTimeMillis(), LogLevel.WARN, COMPONENT, message, List.copyOf(fields));
    }
}
