package io.saya.io;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.log.Log;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.BitSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How far the streams of each process have come, in memory that outlives this daemon: a file of the
 * run directory (tmpfs), mapped. To count costs a store and no call, and what was stored is there
 * for the next daemon however this one ends. Thread safe, but for a counter, which has one writer
 * at a time.
 *
 * <pre>
 *     slot of a process, 32 bytes:   stdout   stderr   stdin, read   stdin, given to the guest
 *     counter, 8 bytes:              the highest bit: the stream has ended; the others: bytes
 * </pre>
 */
public final class StreamPositions {

    /** The file in the run directory. */
    public static final String FILE = "positions";

    /** Execs may be 512, and so may containers; 32 KiB, of which only what is used is memory. */
    static final int SLOTS = 1024;

    private static final Log LOG = Log.of("stdio");
    private static final int COUNTERS = 4;
    private static final int SLOT_BYTES = COUNTERS * Long.BYTES;
    private static final long ENDED = Long.MIN_VALUE;

    private final MappedByteBuffer memory;

    @GuardedBy("this")
    private final BitSet open = new BitSet(SLOTS);

    /** Those that a record names: what they say must stay until no record does. */
    @GuardedBy("this")
    private final BitSet named = new BitSet(SLOTS);

    private StreamPositions(MappedByteBuffer memory) {
        this.memory = memory;
        memory.order(ByteOrder.nativeOrder());
    }

    /**
     * Makes the file, with nothing in it.
     *
     * @param runDirectory the sandbox's
     */
    static StreamPositions create(Path runDirectory) throws IOException {
        Path file = runDirectory.resolve(FILE);
        Files.deleteIfExists(file);
        try (FileChannel channel =
                FileChannel.open(
                        file,
                        Set.of(
                                StandardOpenOption.CREATE_NEW,
                                StandardOpenOption.READ,
                                StandardOpenOption.WRITE),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")))) {
            // Written and not only made long: a page that cannot be had would be a fault later.
            ByteBuffer nothing = ByteBuffer.allocate(SLOTS * SLOT_BYTES);
            while (nothing.hasRemaining()) {
                channel.write(nothing);
            }
            return map(channel);
        }
    }

    /**
     * Goes on with the file of another daemon.
     *
     * @throws IOException if there is none, or none of this size
     */
    static StreamPositions open(Path runDirectory) throws IOException {
        Path file = runDirectory.resolve(FILE);
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (channel.size() != SLOTS * SLOT_BYTES) {
                throw new IOException(
                        file
                                + ": "
                                + channel.size()
                                + " bytes (expected: "
                                + SLOTS * SLOT_BYTES
                                + ")");
            }
            return map(channel);
        }
    }

    /** The mapping stays when the channel is closed. */
    private static StreamPositions map(FileChannel channel) throws IOException {
        return new StreamPositions(
                channel.map(FileChannel.MapMode.READ_WRITE, 0, SLOTS * SLOT_BYTES));
    }

    /** Reads what another daemon has left. */
    public static StreamPositions read(Path runDirectory) throws IOException {
        return open(runDirectory);
    }

    /** A slot for a process, at nothing; null if all are taken. */
    synchronized @Nullable Slot take() {
        for (int number = 0; number < SLOTS; number++) {
            if (!open.get(number) && !named.get(number)) {
                open.set(number);
                Slot slot = new Slot(number);
                slot.clear();
                return slot;
            }
        }
        LOG.warn("no place to count more streams", "slots", SLOTS);
        return null;
    }

    /**
     * The slot that another daemon has given a process, as it stands there.
     *
     * @throws IllegalArgumentException if there is no such slot
     */
    public synchronized Slot slot(int number) {
        if (number < 0 || number >= SLOTS) {
            throw new IllegalArgumentException(
                    "slot " + number + " (expected: 0 to " + (SLOTS - 1) + ")");
        }
        open.set(number);
        named.set(number);
        return new Slot(number);
    }

    /** A record that another daemon would read names this slot from now on. */
    public synchronized void named(int number) {
        named.set(number);
    }

    /** No record names this slot any more. */
    public synchronized void unnamed(int number) {
        named.clear(number);
    }

    private synchronized void closed(int number) {
        open.clear(number);
    }

    /** The counters of one process. */
    public final class Slot {
        private final int number;

        private Slot(int number) {
            this.number = number;
        }

        int number() {
            return number;
        }

        public Counter stdout() {
            return new Counter(number * COUNTERS);
        }

        public Counter stderr() {
            return new Counter(number * COUNTERS + 1);
        }

        /** What was read of stdin; raised before any of it is given to the guest. */
        public Counter stdinRead() {
            return new Counter(number * COUNTERS + 2);
        }

        /** What the guest has taken of it. */
        public Counter stdinGiven() {
            return new Counter(number * COUNTERS + 3);
        }

        private void clear() {
            for (int i = 0; i < COUNTERS; i++) {
                memory.putLong((number * COUNTERS + i) * Long.BYTES, 0);
            }
        }

        /** Nothing counts here any more; the slot is another's once no record names it. */
        void close() {
            closed(number);
        }
    }

    /** Bytes of one stream. */
    public final class Counter {
        private final int at;

        private Counter(int index) {
            this.at = index * Long.BYTES;
        }

        /** How many there were. */
        public long bytes() {
            return memory.getLong(at) & ~ENDED;
        }

        /** True if there will not be more. */
        public boolean ended() {
            return memory.getLong(at) < 0;
        }

        void add(int bytes) {
            memory.putLong(at, memory.getLong(at) + bytes);
        }

        void set(long bytes) {
            memory.putLong(at, bytes);
        }

        void end() {
            memory.putLong(at, memory.getLong(at) | ENDED);
        }
    }
}
