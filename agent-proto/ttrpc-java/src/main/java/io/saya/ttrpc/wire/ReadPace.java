package io.saya.ttrpc.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;

/**
 * Stands before a decoder and paces a peer that makes this side work for nothing: one that sends
 * its bytes one by one, each of which wakes the event loop, one whose bytes have to be skipped, or
 * one that packs many frames into a read which ask for work and bring nothing ({@link #frame}).
 * After a burst of small reads the gate is held for a moment, in which what the peer sends gathers
 * in the kernel; after a burst of skipped bytes for as long as they were too many. Large reads that
 * are wanted are free, so throughput is not limited. On the event loop only.
 */
public final class ReadPace extends ChannelInboundHandlerAdapter {
    /** Reads from this size on are paid for by what they bring. */
    static final int SMALL = 1 << 10;

    /** Small reads in one go. */
    static final int BURST = 4096;

    /** Small reads a second in the long run. */
    static final int PER_SECOND = 250;

    /** Long enough for a flood's bytes to gather, and less than a person sees. */
    static final long REST_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** Bytes that may be skipped in a second in the long run: a hundredth of a processor's time. */
    static final int SKIPPED_PER_SECOND = 8 << 20;

    private static final long NANOS_EACH = TimeUnit.SECONDS.toNanos(1) / PER_SECOND;

    /** Frames that cost as much as a small read, which they come many at a time in. */
    static final int FRAMES = 8;

    /** What may be due in one go: the burst of small reads, or 131 MiB that are skipped. */
    static final long BURST_NANOS = BURST * NANOS_EACH;

    private final ReadGate gate;
    private long due;
    private boolean begun;
    private boolean resting;

    /** Paces what comes through this gate. */
    public ReadPace(ReadGate gate) {
        this.gate = gate;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        boolean small = ((ByteBuf) message).readableBytes() < SMALL;
        context.fireChannelRead(message);
        if (small) {
            spend(NANOS_EACH);
        }
    }

    /**
     * Counts bytes that are skipped, before or after they have come.
     *
     * @param bytes less than 2^33
     */
    public void skip(long bytes) {
        spend(bytes * TimeUnit.SECONDS.toNanos(1) / SKIPPED_PER_SECOND);
    }

    /** Counts a frame that brings next to nothing; one in a read of its own counts as that, too. */
    public void frame() {
        spend(NANOS_EACH / FRAMES);
    }

    private void spend(long nanos) {
        long now = gate.loop().ticker().nanoTime();
        if (!begun || due - now < 0) {
            begun = true;
            due = now;
        }
        due += nanos;
        long tooMuch = due - now - BURST_NANOS;
        if (tooMuch > 0 && !resting) {
            resting = true;
            gate.hold();
            var _ =
                    gate.loop()
                            .schedule(
                                    () -> {
                                        resting = false;
                                        gate.release();
                                    },
                                    Math.max(REST_NANOS, tooMuch),
                                    TimeUnit.NANOSECONDS);
        }
    }
}
