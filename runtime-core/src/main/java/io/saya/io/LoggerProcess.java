package io.saya.io;

import io.saya.failure.RuntimeFailure;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A program that takes the output of a container ({@code binary:}): descriptor 3 is stdout, 4 is
 * stderr, both for reading; 5 is for saying that it is ready.
 */
final class LoggerProcess {
    private static final Log LOG = Log.of("stdio");

    /**
     * How long a logger gets from its end of file to SIGTERM: one that reads to the end loses
     * nothing.
     */
    static final Duration DRAIN_LIMIT = Duration.ofSeconds(2);

    /** How long a logger gets from SIGTERM to SIGKILL, as in containerd's own shim. */
    static final Duration TERMINATE_LIMIT = Duration.ofSeconds(12);

    // env: some shells add variables of their own, and loggers are promised only two.
    private static final String SCRIPT =
            "exec 3<\"$1\" 4<\"$2\" 5>\"$3\" >\"$4\" 2>&1 && echo >&5 && shift 4 && exec env -i"
                    + " \"$@\"";

    private final StreamTarget.Logger logger;
    private final Process process;
    private final LoggerWords words;
    private final LoggerSink stdout;
    private final LoggerSink stderr;
    private final AtomicInteger openStreams = new AtomicInteger(2);

    /** Completes when the program has exited, or when no thread is to wait for that any more. */
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    private LoggerProcess(
            StreamTarget.Logger logger,
            Process process,
            LoggerWords words,
            FifoSink stdout,
            FifoSink stderr) {
        this.logger = logger;
        this.process = process;
        this.words = words;
        this.stdout = new LoggerSink(stdout, this);
        this.stderr = new LoggerSink(stderr, this);
    }

    /**
     * Starts the program and waits until it is ready.
     *
     * @param parent where the names of its FIFOs are for that time
     * @param readyLimit how long that may take
     */
    static LoggerProcess start(
            StreamTarget.Logger logger,
            ContainerIdentity container,
            Path parent,
            Duration readyLimit,
            BlockingThreads threads)
            throws IOException {
        if (!Files.isRegularFile(logger.program()) || !Files.isExecutable(logger.program())) {
            throw RuntimeFailure.invalidArgument(
                    "logger " + logger.program() + " (expected: an executable file)");
        }
        try (LoggerDescriptors descriptors = LoggerDescriptors.make(parent)) {
            LoggerWords words = LoggerWords.read(descriptors.wordsReadEnd(), threads);
            Process process = spawnOrClose(logger, container, descriptors, words);
            try {
                LoggerProcess started = connect(logger, process, words, descriptors, threads);
                started.awaitReady(descriptors, readyLimit, threads);
                return started;
            } catch (IOException | RuntimeException e) {
                process.destroyForcibly();
                words.close();
                throw e;
            }
        }
    }

    private static Process spawnOrClose(
            StreamTarget.Logger logger,
            ContainerIdentity container,
            LoggerDescriptors descriptors,
            LoggerWords words)
            throws IOException {
        try {
            return spawn(logger, container, descriptors);
        } catch (IOException e) {
            words.close();
            throw e;
        }
    }

    private static Process spawn(
            StreamTarget.Logger logger, ContainerIdentity container, LoggerDescriptors descriptors)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.addAll(List.of("/bin/sh", "-c", SCRIPT, "sh"));
        command.add(descriptors.stdout().toString());
        command.add(descriptors.stderr().toString());
        command.add(descriptors.ready().toString());
        command.add(descriptors.words().toString());
        command.add("CONTAINER_ID=" + container.id());
        command.add("CONTAINER_NAMESPACE=" + container.namespace());
        command.add(logger.program().toString());
        command.addAll(logger.arguments());
        return new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** Nothing is kept for a logger, which is there before there is output. */
    private static FifoSink fifo(Path path, BlockingThreads threads) throws IOException {
        return FifoSink.open(path, FileKind.of(path), threads, new StreamRoom(0).share());
    }

    private static LoggerProcess connect(
            StreamTarget.Logger logger,
            Process process,
            LoggerWords words,
            LoggerDescriptors descriptors,
            BlockingThreads threads)
            throws IOException {
        FifoSink stdout = fifo(descriptors.stdout(), threads);
        try {
            FifoSink stderr = fifo(descriptors.stderr(), threads);
            LoggerProcess connected = new LoggerProcess(logger, process, words, stdout, stderr);
            var _ = process.onExit().thenRun(connected::exited);
            return connected;
        } catch (IOException e) {
            stdout.close();
            throw e;
        }
    }

    private void awaitReady(
            LoggerDescriptors descriptors, Duration readyLimit, BlockingThreads threads)
            throws IOException {
        CompletableFuture<Boolean> ready = new CompletableFuture<>();
        threads.execute(
                () -> {
                    try {
                        ready.complete(descriptors.awaitReady(logger.announcesReady()));
                    } catch (IOException e) {
                        ready.completeExceptionally(e);
                    }
                });
        var _ = ended.thenRun(() -> closeQuietly(descriptors));
        switch (Waited.on(ready, readyLimit)) {
            case Waited.Done(Boolean word) -> {
                if (!word) {
                    throw notReady("it ended, or closed descriptor 5 without a word" + said());
                }
            }
            case Waited.TimedOut() ->
                    throw notReady("nothing within " + readyLimit.toMillis() + " ms");
            case Waited.Failed(Throwable cause) ->
                    throw new IOException("logger " + logger.program(), cause);
            case Waited.Interrupted() ->
                    throw new IOException("logger " + logger.program() + ": interrupted");
        }
    }

    private RuntimeFailure notReady(String what) {
        closeSinks();
        return new RuntimeFailure(
                RuntimeFailure.Kind.FAILED_PRECONDITION,
                "logger "
                        + logger.program()
                        + " did not become ready: "
                        + what
                        + " (expected: "
                        + (logger.announcesReady() ? "a byte on" : "that it closes")
                        + " descriptor 5)");
    }

    private static void closeQuietly(LoggerDescriptors descriptors) {
        try {
            descriptors.processGone();
        } catch (IOException e) {
            LOG.warn("a logger's FIFO was not closed", "error", e);
        }
    }

    OutputSink stdout() {
        return stdout;
    }

    OutputSink stderr() {
        return stderr;
    }

    /** Frees the threads that write to the FIFOs, which nobody reads any more. */
    private void exited() {
        boolean unexpected = openStreams.get() > 0;
        ended.complete(null);
        String last = words.last();
        closeSinks();
        if (unexpected && process.exitValue() != 0) {
            LOG.warn(
                    "a logger died; what follows of the output is lost",
                    "logger",
                    logger.program(),
                    "status",
                    process.exitValue(),
                    "printed",
                    last);
        }
    }

    /** Returns what the program printed last, for messages. */
    private String said() {
        String last = words.last();
        return last.isEmpty() ? "" : "; it printed '" + last + "'";
    }

    private void closeSinks() {
        stdout.close();
        stderr.close();
    }

    /**
     * Notes that one of the streams is closed. With the last one, waits until the program has
     * exited; where it was closed by force, has the program ended.
     */
    void streamClosed(boolean byForce) {
        if (openStreams.decrementAndGet() > 0) {
            return;
        }
        if (byForce) {
            giveUp();
        } else {
            awaitExit();
        }
        words.close();
    }

    private void awaitExit() {
        if (endsWithin(DRAIN_LIMIT)) {
            return;
        }
        process.destroy();
        if (!endsWithin(TERMINATE_LIMIT)) {
            process.destroyForcibly();
        }
    }

    /** Ends every wait for the program's exit; it is told to go and then made to. */
    void giveUp() {
        if (ended.complete(null)) {
            words.close();
            process.destroy();
            Thread.ofVirtual().name("logger end").start(this::killLater);
        }
    }

    private boolean endsWithin(Duration limit) {
        return !(Waited.on(ended, limit) instanceof Waited.TimedOut);
    }

    private void killLater() {
        if (!Waited.happens(
                TERMINATE_LIMIT, nanos -> process.waitFor(nanos, TimeUnit.NANOSECONDS))) {
            process.destroyForcibly();
        }
    }
}
