package io.saya.io;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * What the streams of one sandbox may hold on the host, all together: {@value #SHARED} bytes that
 * they share, and a little that each has in any case, so that none stands still for the others'
 * sake. A guest that fills all its streams, and clients that do not read, come to that end and no
 * further. Thread safe; nothing here blocks.
 */
final class StreamRoom {
    /** Bytes that all streams share. */
    static final int SHARED = 12 << 20;

    /** Bytes of a read or a write that every stream can have. */
    static final int LEAST = 4 << 10;

    /** No stream takes more at once than this part of what is left, so that others find some. */
    private static final int PART = 8;

    @GuardedBy("this")
    private int left;

    StreamRoom() {
        this(SHARED);
    }

    StreamRoom(int shared) {
        this.left = shared;
    }

    /** What of the shared bytes is not taken. */
    synchronized int left() {
        return left;
    }

    private synchronized int take(int bytes) {
        int taken = Math.min(bytes, left / PART) & ~1; // for two pieces of one size
        left -= taken;
        return taken;
    }

    private synchronized boolean takeAll(int bytes) {
        if (bytes > left / PART) {
            return false;
        }
        left -= bytes;
        return true;
    }

    private synchronized void giveBack(int bytes) {
        left += bytes;
    }

    /** Room for one stream; used by one thread at a time. */
    Share share() {
        return new Share();
    }

    /**
     * What one stream has: two pieces of a size that changes, of which one is fetched while the
     * other is handed over; and what it keeps beyond them.
     */
    final class Share {
        private int size = LEAST;
        private int kept;

        /**
         * Changes the size of a piece.
         *
         * @param wanted in bytes
         * @return {@link #LEAST} to {@code wanted}; to {@link #LEAST} if less was wanted
         */
        synchronized int resize(int wanted) {
            if (wanted > size) {
                size += take(2 * (wanted - size)) / 2;
            } else if (wanted < size) {
                int smaller = Math.max(wanted, LEAST);
                giveBack(2 * (size - smaller));
                size = smaller;
            }
            return size;
        }

        /** Takes room for a piece that is kept; false if there is none. */
        synchronized boolean keep(int bytes) {
            boolean taken = takeAll(bytes);
            if (taken) {
                kept += bytes;
            }
            return taken;
        }

        /** Gives back the room of all that was kept. */
        synchronized void letGo() {
            giveBack(kept);
            kept = 0;
        }

        /** Gives everything back. */
        void end() {
            resize(LEAST);
            letGo();
        }
    }
}
