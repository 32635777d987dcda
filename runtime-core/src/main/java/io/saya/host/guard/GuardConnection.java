package io.saya.host.guard;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.host.ProcessExit;
import io.saya.host.Signal;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Requests out, replies and exits in. One reader thread, a platform thread: reading a pipe would
 * hold the carrier of a virtual one. Any number of callers.
 */
final class GuardConnection implements Runnable {
    private static final int READER_STACK = 128 * 1024;

    private final DataInputStream in;
    private final OutputStream out;
    private final Object writing = new Object();

    @GuardedBy("this")
    private final Map<Integer, PendingReply> pending = new HashMap<>();

    @GuardedBy("this")
    private final Map<Integer, GuardProcess> processes = new HashMap<>();

    @GuardedBy("this")
    private int lastId;

    @GuardedBy("this")
    private @Nullable IOException lost;

    @GuardedBy("this")
    private @Nullable GuardStart start;

    private volatile @Nullable Consumer<String> successorListener;

    GuardConnection(InputStream in, OutputStream out) {
        this.in = new DataInputStream(in);
        this.out = out;
    }

    /** Starts the reader and waits for the guard's first frame. */
    GuardStart open(Duration limit) throws IOException {
        Thread reader = new Thread(null, this, "guard-reader", READER_STACK);
        reader.setDaemon(true);
        reader.start();
        long deadline = System.nanoTime() + limit.toNanos();
        synchronized (this) {
            while (start == null) {
                if (lost != null) {
                    throw new IOException("guard: " + lost.getMessage(), lost);
                }
                long left = (deadline - System.nanoTime()) / 1_000_000L;
                if (left <= 0) {
                    throw new IOException(
                            "guard: nothing on stdin for "
                                    + limit.toMillis()
                                    + " ms (expected: this process is started by the guard,"
                                    + " which containerd-shim-saya-v2 start makes)");
                }
                try {
                    wait(left);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException("guard: interrupted while waiting for its start", e);
                }
            }
            return start;
        }
    }

    FrameReader call(FrameWriter request, String operation, Duration limit) throws IOException {
        return send(request, new PendingReply(operation, null)).await(limit);
    }

    /** Returns when the guard has executed the program; the process then knows its pid. */
    void spawn(FrameWriter request, String operation, GuardProcess process, Duration limit)
            throws IOException {
        send(request, new PendingReply(operation, process)).await(limit);
    }

    private PendingReply send(FrameWriter request, PendingReply reply) throws IOException {
        int id;
        synchronized (this) {
            if (lost != null) {
                reply.lose(lost);
                return reply;
            }
            id = ++lastId == 0 ? ++lastId : lastId;
            pending.put(id, reply);
        }
        try {
            byte[] frame = request.frame(id);
            synchronized (writing) {
                out.write(frame);
                out.flush();
            }
        } catch (IOException e) {
            synchronized (this) {
                pending.remove(id);
            }
            throw new IOException(reply.operation() + ": " + e.getMessage(), e);
        }
        return reply;
    }

    @Override
    public void run() {
        try {
            while (true) {
                int length = in.readInt();
                if (length < Frame.HEADER || length > Frame.RECEIVE_LIMIT) {
                    throw new IOException("frame of " + length + " bytes from the guard");
                }
                int id = in.readInt();
                int type = in.readUnsignedByte();
                byte[] body = new byte[length - Frame.HEADER];
                in.readFully(body);
                dispatch(id, type, new FrameReader(body));
            }
        } catch (EOFException e) {
            lose(new IOException("the guard process is gone", e));
        } catch (IOException e) {
            lose(e);
        } catch (RuntimeException | Error e) {
            // Nobody would hear of exits and answers any more: so all are told that none come.
            lose(new IOException("what the guard told could not be taken: " + e, e));
        }
    }

    private void dispatch(int id, int type, FrameReader body) throws IOException {
        switch (type) {
            case Frame.REPLY -> replied(id, body);
            case Frame.HELLO -> greeted(body);
            case Frame.EXITED -> exited(body);
            case Frame.SUCCESSOR_ENDED -> successorEnded(body.string());
            default -> {
                // A newer guard's notice; what must be understood raises the protocol's version.
            }
        }
    }

    private void greeted(FrameReader body) throws IOException {
        int version = body.u32();
        if (version != Frame.PROTOCOL_VERSION) {
            throw new IOException(
                    "guard protocol version "
                            + version
                            + " (expected: "
                            + Frame.PROTOCOL_VERSION
                            + "; launcher and jars are of different builds)");
        }
        GuardStart read =
                new GuardStart(
                        body.u32(),
                        body.string(),
                        body.string(),
                        body.string(),
                        ByteBuffer.wrap(body.bytes()).asReadOnlyBuffer());
        synchronized (this) {
            start = read;
            notifyAll();
        }
    }

    private void replied(int id, FrameReader body) throws IOException {
        PendingReply reply;
        synchronized (this) {
            reply = pending.remove(id);
        }
        if (reply == null) {
            return;
        }
        FrameReader result = reply.complete(body);
        GuardProcess process = reply.process();
        if (result != null && process != null) {
            process.started(result.u32(), result.u32());
            synchronized (this) {
                processes.put(process.handle(), process);
            }
        }
        // Only now: an exit of the process can come in the next frame.
        if (!reply.release() && result != null && process != null) {
            new Thread(null, new Kill(process), "guard-kill-abandoned", READER_STACK).start();
        }
    }

    /** The caller gave up before the process came: nobody else will ever end it. */
    private static final class Kill implements Runnable {
        private final GuardProcess process;

        Kill(GuardProcess process) {
            this.process = process;
        }

        @Override
        public void run() {
            process.signal(Signal.SIGKILL);
        }
    }

    private void exited(FrameReader body) throws IOException {
        int handle = body.u32();
        int kind = body.u8();
        int value = body.u32();
        String tail = body.string();
        GuardProcess process;
        synchronized (this) {
            process = processes.remove(handle);
        }
        if (process != null) {
            process.ended(
                    kind == Frame.EXIT_SIGNAL
                            ? new ProcessExit.Signal(value)
                            : new ProcessExit.Code(value),
                    tail);
        }
    }

    /** From now on tells {@code process} of its end. */
    synchronized void adopt(GuardProcess process) {
        processes.put(process.handle(), process);
    }

    /** Has this done when a successor has ended without taking over; gets its last words. */
    void whenSuccessorEnds(Consumer<String> told) {
        successorListener = told;
    }

    private void successorEnded(String words) {
        Consumer<String> told = successorListener;
        if (told != null) {
            Thread.ofVirtual().name("successor").start(() -> told.accept(words));
        }
    }

    private void lose(IOException cause) {
        List<PendingReply> replies;
        List<GuardProcess> children;
        synchronized (this) {
            lost = cause;
            replies = new ArrayList<>(pending.values());
            children = new ArrayList<>(processes.values());
            pending.clear();
            processes.clear();
            notifyAll();
        }
        for (PendingReply reply : replies) {
            reply.lose(cause);
        }
        for (GuardProcess child : children) {
            child.ended(new ProcessExit.GuardLost(), "");
        }
    }
}
