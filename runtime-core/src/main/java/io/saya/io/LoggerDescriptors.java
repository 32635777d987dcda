package io.saya.io;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The three FIFOs through which a logger gets its descriptors 3, 4 and 5. A child of the JVM
 * inherits none above 2, but a shell opens what it is told. The names live in a directory of their
 * own, from here until {@link #close}; whoever has opened the FIFOs keeps them.
 */
final class LoggerDescriptors implements AutoCloseable {
    private static final AtomicLong DIRECTORIES = new AtomicLong();

    private final Path directory;
    private final FileChannel readyReadEnd;
    private final FileChannel readyHold;

    private LoggerDescriptors(Path directory, FileChannel readyReadEnd, FileChannel readyHold) {
        this.directory = directory;
        this.readyReadEnd = readyReadEnd;
        this.readyHold = readyHold;
    }

    static LoggerDescriptors make(Path parent) throws IOException {
        Path directory = parent.resolve("logger-" + DIRECTORIES.incrementAndGet());
        Files.createDirectories(parent);
        Files.createDirectory(
                directory,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try {
            makeFifos(directory);
            // While this one is open, the read end finds no end of file: the logger's shell may
            // take a while to open its own.
            FileChannel hold = FileChannel.open(directory.resolve("ready"), READ, WRITE);
            try {
                return new LoggerDescriptors(
                        directory, FileChannel.open(directory.resolve("ready"), READ), hold);
            } catch (IOException e) {
                hold.close();
                throw e;
            }
        } catch (IOException e) {
            remove(directory);
            throw e;
        }
    }

    private static void makeFifos(Path directory) throws IOException {
        Process mkfifo =
                new ProcessBuilder(
                                "mkfifo",
                                "-m",
                                "600",
                                directory.resolve("stdout").toString(),
                                directory.resolve("stderr").toString(),
                                directory.resolve("ready").toString())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        try {
            long limit = StdioOpener.LOGGER_READY_LIMIT.toMillis();
            if (!mkfifo.waitFor(limit, TimeUnit.MILLISECONDS)) {
                mkfifo.destroyForcibly();
                throw new IOException("mkfifo in " + directory + ": not done in " + limit + " ms");
            }
        } catch (InterruptedException e) {
            mkfifo.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("mkfifo in " + directory + ": interrupted", e);
        }
        if (mkfifo.exitValue() != 0) {
            throw new IOException("mkfifo in " + directory + ": exit code " + mkfifo.exitValue());
        }
    }

    Path stdout() {
        return directory.resolve("stdout");
    }

    Path stderr() {
        return directory.resolve("stderr");
    }

    Path ready() {
        return directory.resolve("ready");
    }

    /**
     * Waits for the logger, on a thread that may block. Its shell writes a byte when it has all
     * descriptors; what follows is up to the logger.
     *
     * @param announces whether the logger must write a byte, or only close the descriptor
     * @return whether it said that it is ready, as opposed to having gone
     */
    boolean awaitReady(boolean announces) throws IOException {
        boolean shellReady = readByte();
        readyHold.close();
        return shellReady && readByte() == announces;
    }

    private boolean readByte() throws IOException {
        return readyReadEnd.read(ByteBuffer.allocate(1)) > 0;
    }

    /** The process has exited: {@link #awaitReady} shall find an end of file. */
    void processGone() throws IOException {
        readyHold.close();
    }

    /** Frees {@link #awaitReady} and removes the names. */
    @Override
    public void close() throws IOException {
        try (readyHold;
                readyReadEnd) {
            remove(directory);
        }
    }

    private static void remove(Path directory) throws IOException {
        for (String name : List.of("stdout", "stderr", "ready")) {
            Files.deleteIfExists(directory.resolve(name));
        }
        Files.deleteIfExists(directory);
    }
}
