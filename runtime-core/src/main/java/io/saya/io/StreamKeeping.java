package io.saya.io;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.host.HeldEnd;
import io.saya.host.Host;
import io.saya.log.Log;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the streams of processes so that another daemon can go on with them when this one has died:
 * counts how far they have come ({@link StreamPositions}), and has the guard hold the ends of their
 * FIFOs. Nothing is made before there is a stream to keep. Thread safe.
 */
public final class StreamKeeping {

    private static final Log LOG = Log.of("stdio");

    /** Keeps nothing. */
    public static final StreamKeeping NONE = new StreamKeeping(Path.of("/"), null);

    private final Path runDirectory;
    private final @Nullable Host host;
    private volatile boolean begins;

    @GuardedBy("this")
    private @Nullable StreamPositions positions;

    /**
     * @param runDirectory the sandbox's, on a file system in memory
     * @param host holds the ends of FIFOs
     * @param begins whether processes that come are kept; those that another daemon has kept are in
     *     any case
     */
    public StreamKeeping(Path runDirectory, Host host, boolean begins) {
        this.runDirectory = runDirectory;
        this.host = host;
        this.begins = begins;
    }

    private StreamKeeping(Path runDirectory, @Nullable Host host) {
        this.runDirectory = runDirectory;
        this.host = host;
        this.begins = false;
    }

    /** True if processes that come are kept. */
    boolean begins() {
        return begins;
    }

    /** Processes that come are not kept any more. */
    public void end() {
        begins = false;
    }

    /** For a process that is new; null, with a line in the log, if there is no place to count. */
    StreamPositions.@Nullable Slot begin() {
        try {
            return made().take();
        } catch (IOException e) {
            LOG.warn("how far streams have come cannot be kept", "error", e);
            return null;
        }
    }

    /**
     * For a process that another daemon has kept.
     *
     * @throws IOException if what it has counted is not there
     */
    StreamPositions.Slot goOn(int slot) throws IOException {
        return found().slot(slot);
    }

    private synchronized StreamPositions made() throws IOException {
        if (positions == null) {
            positions = StreamPositions.create(runDirectory);
        }
        return positions;
    }

    private synchronized StreamPositions found() throws IOException {
        if (positions == null) {
            positions = StreamPositions.open(runDirectory);
        }
        return positions;
    }

    /** Notes that a record names this slot, or that none does any more. */
    public void named(int slot, boolean now) {
        StreamPositions counted;
        synchronized (this) {
            counted = positions;
        }
        if (counted != null) {
            if (now) {
                counted.named(slot);
            } else {
                counted.unnamed(slot);
            }
        }
    }

    /** Has the guard hold an end of a FIFO that is open here; blocks for its answer. */
    HeldEnd hold(OpenedFifo fifo, HeldEnd.Side side) throws IOException {
        return guard().hold(fifo.device(), fifo.inode(), side);
    }

    /** Has the guard give up an end; blocks for its answer. */
    void release(HeldEnd end) {
        if (!end.isHeld()) {
            return;
        }
        try {
            guard().release(end);
        } catch (IOException e) {
            LOG.warn("the guard has not closed its end of a FIFO", "error", e);
        }
    }

    /**
     * A path that leads to the FIFO of which the guard holds an end, whatever has become of its
     * name.
     *
     * @throws IOException if the guard does not hold it
     */
    Path held(HeldEnd end) throws IOException {
        Path path = guard().held(end);
        FileKind kind = FileKind.of(path);
        if (!kind.isFifo() || kind.device() != end.device() || kind.inode() != end.inode()) {
            throw new IOException(path + " is not the FIFO that the guard was asked to hold");
        }
        return path;
    }

    private Host guard() throws IOException {
        if (host == null) {
            throw new IOException("there is no guard");
        }
        return host;
    }
}
