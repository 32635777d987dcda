package io.saya.grpc.carrier;

import io.netty.buffer.ByteBuf;

/**
 * The header of a yamux frame: 12 bytes, big endian. Data is followed by {@code length} bytes; for
 * other types {@code length} is a number of their own.
 *
 * @param flags of {@link #SYN}, {@link #ACK}, {@link #FIN}, {@link #RST}
 * @param stream unsigned; 0 in frames of the session
 * @param length unsigned
 */
record YamuxFrame(int version, int type, int flags, int stream, long length) {

    static final int HEADER = 12;
    static final int VERSION = 0;

    static final int DATA = 0;
    static final int WINDOW_UPDATE = 1;
    static final int PING = 2;
    static final int GO_AWAY = 3;

    static final int SYN = 1;
    static final int ACK = 2;
    static final int FIN = 4;
    static final int RST = 8;

    /** Codes of {@link #GO_AWAY}. */
    static final int NORMAL = 0;

    static final int PROTOCOL_ERROR = 1;

    static YamuxFrame read(ByteBuf header) {
        return new YamuxFrame(
                header.readUnsignedByte(),
                header.readUnsignedByte(),
                header.readUnsignedShort(),
                header.readInt(),
                header.readUnsignedInt());
    }

    static void write(ByteBuf out, int type, int flags, int stream, long length) {
        out.writeByte(VERSION);
        out.writeByte(type);
        out.writeShort(flags);
        out.writeInt(stream);
        out.writeInt((int) length);
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }
}
