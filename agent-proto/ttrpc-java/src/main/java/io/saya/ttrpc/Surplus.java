package io.saya.ttrpc;

/**
 * What comes of an answer beyond what its call takes, in one frame or in many. It is skipped, and
 * is no reason to end a connection as long as it has an end: the call was asked for. On the event
 * loop only.
 */
final class Surplus {
    /** Bytes that may come of one answer; to skip them costs a tenth of a second. */
    static final long MOST = 128L << 20;

    /** What a frame costs beside its bytes, counted in bytes. */
    private static final int FRAME = 64 << 10;

    /** 0: none, since servers answer odd ids only. */
    private int streamId;

    private long left;

    /** Forgets what was skipped before: from now on this stream's answer is. */
    void begin(int stream) {
        streamId = stream;
        left = MOST;
    }

    /**
     * Counts a frame that is skipped.
     *
     * @param length of its payload
     * @return false if the frame is no part of that answer, or too much of it
     */
    boolean takes(int stream, long length) {
        if (stream == 0 || stream != streamId) {
            return false;
        }
        left -= Math.max(FRAME, length);
        return left >= 0;
    }
}
