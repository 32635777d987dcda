package io.saya.io;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.saya.lifecycle.Waited;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The FIFOs through which a logger gets its descriptors 3, 4 and 5, and 1 and 2. A child of the JVM
 * inherits none above 2, but a shell opens what it is told. The names live in a directory of their
 * own, from here until {@link #close}; whoever has opened the FIFOs keeps them.
 */
final class LoggerDescriptors implements AutoCloseable {
    private static final String STDOUT = "stdout";
    private static final String STDERR = "stderr";
    private static final String READY = "ready";
    private static final String WORDS = "words";

    private static final AtomicLong DIRECTORIES = new AtomicLong();

    private final Path directory;
    private final FileChannel readyReadEnd;
    private final FileChannel readyHold;
    private final FileChannel wordsReadEnd;
    private final FileChannel wordsHold;

    private LoggerDescriptors(
            Path directory,
            FileChannel readyReadEnd,
            FileChannel readyHold,
            FileChannel wordsReadEnd,
            FileChannel wordsHold) {
        this.directory = directory;
        this.readyReadEnd = readyReadEnd;
        this.readyHold = readyHold;
        this.wordsReadEnd = wordsReadEnd;
        this.wordsHold = wordsHold;
    }

    static LoggerDescriptors make(Path parent) throws IOException {
        Path directory = parent.resolve("logger-" + DIRECTORIES.incrementAndGet());
        Files.createDirectories(parent);
        Files.createDirectory(
                directory,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try {
            makeFifos(directory);
            return open(directory);
        } catch (IOException e) {
            remove(directory);
            throw e;
        }
    }

    /**
     * While a FIFO is held open, its read end finds no end of file: the logger's shell may take a
     * while to open its own.
     */
    private static LoggerDescriptors open(Path directory) throws IOException {
        List<FileChannel> opened = new ArrayList<>();
        try {
            for (String name : List.of(READY, WORDS)) {
                opened.add(FileChannel.open(directory.resolve(name), READ, WRITE));
                opened.add(FileChannel.open(directory.resolve(name), READ));
            }
        } catch (IOException e) {
            for (FileChannel channel : opened) {
                channel.close();
            }
            throw e;
        }
        return new LoggerDescriptors(
                directory, opened.get(1), opened.get(0), opened.get(3), opened.get(2));
    }

    private static void makeFifos(Path directory) throws IOException {
        Process mkfifo =
                new ProcessBuilder(
                                "mkfifo",
                                "-m",
                                "600",
                                directory.resolve(STDOUT).toString(),
                                directory.resolve(STDERR).toString(),
                                directory.resolve(READY).toString(),
                                directory.resolve(WORDS).toString())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        Duration limit = StdioOpener.LOGGER_READY_LIMIT;
        if (!Waited.happens(limit, nanos -> mkfifo.waitFor(nanos, TimeUnit.NANOSECONDS))) {
            mkfifo.destroyForcibly();
            throw new IOException(
                    "mkfifo in " + directory + ": not done in " + limit.toMillis() + " ms");
        }
        if (mkfifo.exitValue() != 0) {
            throw new IOException("mkfifo in " + directory + ": exit code " + mkfifo.exitValue());
        }
    }

    Path stdout() {
        return directory.resolve(STDOUT);
    }

    Path stderr() {
        return directory.resolve(STDERR);
    }

    Path ready() {
        return directory.resolve(READY);
    }

    Path words() {
        return directory.resolve(WORDS);
    }

    /** The FIFO of what the logger prints; the caller closes it. */
    FileChannel wordsReadEnd() {
        return wordsReadEnd;
    }

    /**
     * Waits for the logger, on a thread that may block. Its shell writes a byte when it has all
     * descriptors; what follows is up to the logger.
     *
     * @param announces whether the logger must write a byte. Others may, and close the descriptor
     *     at least: loggers built with a library of containerd 2.3 or later write one under either
     *     scheme
     * @return whether it said that it is ready, as opposed to having gone
     */
    boolean awaitReady(boolean announces) throws IOException {
        boolean shellReady = readByte();
        wordsHold.close();
        readyHold.close();
        if (!shellReady) {
            return false;
        }
        boolean written = readByte();
        return written || !announces;
    }

    private boolean readByte() throws IOException {
        return readyReadEnd.read(ByteBuffer.allocate(1)) > 0;
    }

    /** Lets those that read the FIFOs find an end of file, since the process has exited. */
    void processGone() throws IOException {
        wordsHold.close();
        readyHold.close();
    }

    /** Frees {@link #awaitReady} and removes the names. */
    @Override
    public void close() throws IOException {
        try (readyHold;
                wordsHold;
                readyReadEnd) {
            remove(directory);
        }
    }

    private static void remove(Path directory) throws IOException {
        for (String name : List.of(STDOUT, STDERR, READY, WORDS)) {
            Files.deleteIfExists(directory.resolve(name));
        }
        Files.deleteIfExists(directory);
    }
}
