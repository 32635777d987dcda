package io.saya.io;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/** A guest whose every answer the test gives. */
final class ScriptedGuest implements GuestStreams {
    final Output stdout = new Output();
    final Output stderr = new Output();

    /** What was written to stdin, in pieces; then {@link #END} for each closeStdin. */
    final BlockingQueue<ByteString> stdin = new LinkedBlockingQueue<>();

    static final ByteString END = ByteString.EMPTY;

    final AtomicInteger closed = new AtomicInteger();

    /** Writes that the guest will still take before it blocks; the end always passes. */
    private final Semaphore stdinRoom = new Semaphore(Integer.MAX_VALUE / 2);

    private volatile boolean stdinBroken;

    /** One output stream: what {@link #print} gave, then the end. */
    static final class Output {
        private final BlockingQueue<ByteString> pieces = new LinkedBlockingQueue<>();
        final AtomicInteger reads = new AtomicInteger();

        Output print(String text) {
            pieces.add(ByteString.copyFromUtf8(text));
            return this;
        }

        Output print(ByteString bytes) {
            pieces.add(bytes);
            return this;
        }

        void end() {
            pieces.add(ByteString.EMPTY);
        }

        private ByteString take() throws IOException {
            reads.incrementAndGet();
            try {
                return pieces.take();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }
    }

    ScriptedGuest ends() {
        stdout.end();
        stderr.end();
        return this;
    }

    /** From now on the process takes no input. */
    void stopReadingStdin() {
        stdinRoom.drainPermits();
    }

    /** From now on writes fail, as after the process's exit. */
    void breakStdin() {
        stdinBroken = true;
    }

    @Override
    public ByteString readStdout(int max) throws IOException {
        return stdout.take();
    }

    @Override
    public ByteString readStderr(int max) throws IOException {
        return stderr.take();
    }

    @Override
    public void writeStdin(ByteString data) throws IOException {
        stdinRoom.acquireUninterruptibly();
        if (stdinBroken || closed.get() > 0) {
            throw new IOException("EPIPE");
        }
        stdin.add(data);
    }

    @Override
    public void closeStdin() {
        stdin.add(END);
    }

    @Override
    public void close() {
        closed.incrementAndGet();
        stdinRoom.release(1000);
        ends();
    }
}
