package io.saya.io;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A guest that keeps output: its stdout is a file, and it can be read from any position that it was
 * not told is done with. Its stderr is empty.
 */
final class KeepingGuest implements GuestStreams {

    /** A question for stdout. */
    record Asked(long position, long done) {}

    final List<Asked> asked = new CopyOnWriteArrayList<>();
    final AtomicLong done = new AtomicLong();
    private final FileChannel output;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final boolean ends;

    /**
     * @param output what the process has written
     * @param ends whether that is all
     */
    KeepingGuest(Path output, boolean ends) throws IOException {
        this.output = FileChannel.open(output, StandardOpenOption.READ);
        this.ends = ends;
    }

    static Path lines(Path directory, int count) throws IOException {
        StringBuilder text = new StringBuilder(16 * count);
        for (int i = 0; i < count; i++) {
            text.append("%015d\n".formatted(i));
        }
        return Files.writeString(directory.resolve("output"), text);
    }

    @Override
    public boolean keepsOutput() {
        return true;
    }

    @Override
    public ByteString readStdout(int max, long position, long doneWith) throws IOException {
        asked.add(new Asked(position, doneWith));
        if (position < 1 || doneWith >= position || position <= done.get()) {
            throw new IOException("position " + position + ", done " + doneWith);
        }
        done.accumulateAndGet(doneWith, Math::max);
        ByteBuffer piece = ByteBuffer.allocate(max);
        int count = output.read(piece, position - 1);
        if (count <= 0 && !ends) {
            awaitClosed();
        }
        return ByteString.copyFrom(piece.flip());
    }

    @Override
    public ByteString readStderr(int max, long position, long doneWith) {
        if (!ends) {
            awaitClosed();
        }
        return ByteString.EMPTY;
    }

    private void awaitClosed() {
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public ByteString readStdout(int max) {
        throw new AssertionError("not by position");
    }

    @Override
    public ByteString readStderr(int max) {
        throw new AssertionError("not by position");
    }

    @Override
    public void writeStdin(ByteString data) {}

    @Override
    public void closeStdin() {}

    @Override
    public void close() {
        closed.countDown();
        try {
            output.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
