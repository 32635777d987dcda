package io.saya.network;

import com.google.protobuf.ByteString;
import io.saya.io.GuestStreams;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;

/** The other end of what a guest has: what it says comes from a queue, empty for its end. */
public class QueuedStreams implements GuestStreams {
    public final BlockingQueue<ByteString> said = new LinkedBlockingQueue<>();
    public final BlockingQueue<ByteString> heard = new LinkedBlockingQueue<>();
    public final CountDownLatch closed = new CountDownLatch(1);

    /** False once nothing more is wanted of it. */
    public boolean isOpen() {
        return closed.getCount() > 0;
    }

    @Override
    public ByteString readStdout(int max) {
        try {
            return said.take();
        } catch (InterruptedException e) {
            return ByteString.EMPTY;
        }
    }

    @Override
    public ByteString readStderr(int max) {
        return ByteString.EMPTY;
    }

    @Override
    public void writeStdin(ByteString data) throws IOException {
        heard.add(data);
    }

    @Override
    public void closeStdin() {
        heard.add(ByteString.EMPTY);
    }

    @Override
    public void close() {
        closed.countDown();
        said.add(ByteString.EMPTY);
    }
}
