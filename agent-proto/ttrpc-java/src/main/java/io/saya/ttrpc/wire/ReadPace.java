package io.saya.ttrpc.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;

/**
 * Stands before a decoder and paces a peer that sends its bytes one by one: each of them wakes the
 * event loop, which costs this side more than it costs the peer. After a burst of small reads the
 * gate is held for a moment, in which what the peer sends gathers in the kernel. Large reads are
 * free, so throughput is not limited. On the event loop only.
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

    private static final long NANOS_EACH = TimeUnit.SECONDS.toNanos(1) / PER_SECOND;

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
            spend(context);
        }
    }

    private void spend(ChannelHandlerContext context) {
        long now = context.executor().ticker().nanoTime();
        if (!begun || due - now < 0) {
            begun = true;
            due = now;
        }
        due += NANOS_EACH;
        if (due - now > BURST * NANOS_EACH && !resting) {
            resting = true;
            gate.hold();
            var _ =
                    context.executor()
                            .schedule(
                                    () -> {
                                        resting = false;
                                        gate.release();
                                    },
                                    REST_NANOS,
                                    TimeUnit.NANOSECONDS);
        }
    }
}
