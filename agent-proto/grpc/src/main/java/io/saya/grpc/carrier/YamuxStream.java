package io.saya.grpc.carrier;

import io.netty.buffer.ByteBuf;

/** A stream of a yamux session. */
public final class YamuxStream extends CarriedChannel {

    /** What each side may send before it hears that some of it was read. */
    static final int WINDOW = 256 << 10;

    private static final int PART = 64 << 10;

    private final YamuxSession session;
    private final int id;
    private long sendWindow = WINDOW;
    private int receiveWindow = WINDOW;
    private int unreported;
    private boolean peerEnded;

    YamuxStream(YamuxSession session, int id, boolean opened) {
        super(session.channel(), opened);
        this.session = session;
        this.id = id;
    }

    int number() {
        return id;
    }

    @Override
    void opening() {
        session.opened(this);
    }

    @Override
    int room() {
        return parent().isWritable() ? (int) Math.min(sendWindow, PART) : 0;
    }

    @Override
    void send(ByteBuf bytes) {
        sendWindow -= bytes.readableBytes();
        session.write(YamuxFrame.DATA, 0, id, bytes.readableBytes());
        session.write(bytes);
    }

    @Override
    void flushParent() {
        session.flush();
    }

    @Override
    void consumed(int bytes) {
        unreported += bytes;
        if (unreported >= WINDOW / 2 && !peerEnded) {
            session.write(YamuxFrame.WINDOW_UPDATE, 0, id, unreported);
            session.flush();
            receiveWindow += unreported;
            unreported = 0;
        }
    }

    @Override
    void closing() {
        session.closed(this);
    }

    /** True if the peer may send so much. */
    boolean allows(long bytes) {
        return bytes <= receiveWindow && !peerEnded;
    }

    void arriving(long bytes) {
        receiveWindow -= (int) bytes;
    }

    /** False if the window would be larger than any number of the protocol. */
    boolean widen(long bytes) {
        sendWindow += bytes;
        if (sendWindow > 0xffff_ffffL) {
            return false;
        }
        roomMade();
        return true;
    }

    void peerEnds() {
        peerEnded = true;
        receiveEnd();
    }
}
