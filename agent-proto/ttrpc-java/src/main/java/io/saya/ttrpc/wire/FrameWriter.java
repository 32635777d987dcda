package io.saya.ttrpc.wire;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Encodes frames into a channel's buffers. One per event loop, used on it only.
 *
 * <p>Bytes are gathered in pieces of at most {@link #PIECE}; a large message leaves as several
 * pieces, so that the pool of buffers stays small whatever is sent.
 */
public final class FrameWriter {
    /** Bytes per buffer handed to the channel: what one read of the peer takes as well. */
    static final int PIECE = 64 << 10;

    private static final int STAGING = 1 << 10;
    private static final int TAG = 1;
    private static final byte REQUEST_PAYLOAD = 0x1a;
    private static final byte REQUEST_TIMEOUT = 0x20;
    private static final byte REQUEST_METADATA = 0x2a;
    private static final byte RESPONSE_STATUS = 0x0a;
    private static final byte RESPONSE_PAYLOAD = 0x12;
    private static final byte FIRST_STRING = 0x0a;
    private static final byte SECOND_STRING = 0x12;
    private static final byte STATUS_CODE = 0x08;

    private final CodedOutputStream coded = CodedOutputStream.newInstance(new Pieces(), STAGING);
    private @Nullable Channel channel;
    private @Nullable ByteBuf piece;
    private int expected;

    /** Begins a batch of frames for a channel. */
    void begin(Channel target, long expectedBytes) {
        channel = target;
        expected = (int) Math.min(expectedBytes, PIECE);
    }

    /** Hands what is left of the batch to the channel, without flushing it. */
    void end() throws IOException {
        coded.flush();
        writePiece();
        channel = null;
    }

    /**
     * Gives up a batch that cannot be completed; bytes that are still staged must not reach the
     * next channel.
     */
    void abort() throws IOException {
        if (piece != null) {
            piece.release();
            piece = null;
        }
        channel = null;
        coded.flush();
    }

    CodedOutputStream coded() {
        return coded;
    }

    /** Length of a request frame's payload. */
    public static int requestLength(
            MethodName name, long timeoutNanos, Metadata metadata, @Nullable MessageLite message) {
        int length = name.encodedLength() + fieldLength(message);
        if (timeoutNanos != 0) {
            length += TAG + CodedOutputStream.computeInt64SizeNoTag(timeoutNanos);
        }
        for (int i = 0; i < metadata.size(); i++) {
            int pair = pairLength(metadata, i);
            length += TAG + CodedOutputStream.computeUInt32SizeNoTag(pair) + pair;
        }
        return length;
    }

    /** Writes a request frame. */
    public void request(
            int streamId,
            byte flags,
            MethodName name,
            long timeoutNanos,
            Metadata metadata,
            @Nullable MessageLite message)
            throws IOException {
        header(
                requestLength(name, timeoutNanos, metadata, message),
                streamId,
                WireFormat.REQUEST,
                flags);
        name.writeTo(this);
        field(REQUEST_PAYLOAD, message);
        if (timeoutNanos != 0) {
            coded.writeRawByte(REQUEST_TIMEOUT);
            coded.writeInt64NoTag(timeoutNanos);
        }
        for (int i = 0; i < metadata.size(); i++) {
            coded.writeRawByte(REQUEST_METADATA);
            coded.writeUInt32NoTag(pairLength(metadata, i));
            string(FIRST_STRING, metadata.key(i));
            string(SECOND_STRING, metadata.value(i));
        }
    }

    /** Length of the payload of a response frame that reports success. */
    public static int responseLength(MessageLite message) {
        return fieldLength(message);
    }

    /** Writes a response frame that reports success. */
    public void response(int streamId, MessageLite message) throws IOException {
        header(responseLength(message), streamId, WireFormat.RESPONSE, (byte) 0);
        field(RESPONSE_PAYLOAD, message);
    }

    /** Length of the payload of a response frame that reports a failure. */
    public static int failureLength(int code, String message) {
        int status = statusLength(code, message);
        return TAG + CodedOutputStream.computeUInt32SizeNoTag(status) + status;
    }

    /** Writes a response frame that reports a failure. */
    public void failure(int streamId, int code, String message) throws IOException {
        header(failureLength(code, message), streamId, WireFormat.RESPONSE, (byte) 0);
        coded.writeRawByte(RESPONSE_STATUS);
        coded.writeUInt32NoTag(statusLength(code, message));
        coded.writeRawByte(STATUS_CODE);
        coded.writeInt32NoTag(code);
        string(SECOND_STRING, message);
    }

    /** Length of a data frame's payload. */
    public static int dataLength(@Nullable MessageLite message) {
        return message == null ? 0 : message.getSerializedSize();
    }

    /** Writes a data frame; no message is a mere marker and says so in its flags. */
    public void data(int streamId, byte flags, @Nullable MessageLite message) throws IOException {
        header(dataLength(message), streamId, WireFormat.DATA, flags);
        if (message != null) {
            message.writeTo(coded);
        }
    }

    private void header(int length, int streamId, byte type, byte flags) throws IOException {
        coded.writeFixed32NoTag(Integer.reverseBytes(length));
        coded.writeFixed32NoTag(Integer.reverseBytes(streamId));
        coded.writeRawByte(type);
        coded.writeRawByte(flags);
    }

    private void field(byte tag, @Nullable MessageLite message) throws IOException {
        int size = message == null ? 0 : message.getSerializedSize();
        if (message != null && size > 0) {
            coded.writeRawByte(tag);
            coded.writeUInt32NoTag(size);
            message.writeTo(coded);
        }
    }

    private void string(byte tag, String value) throws IOException {
        coded.writeRawByte(tag);
        coded.writeStringNoTag(value);
    }

    private static int fieldLength(@Nullable MessageLite message) {
        int size = message == null ? 0 : message.getSerializedSize();
        return size == 0 ? 0 : TAG + CodedOutputStream.computeUInt32SizeNoTag(size) + size;
    }

    private static int pairLength(Metadata metadata, int index) {
        return 2 * TAG
                + CodedOutputStream.computeStringSizeNoTag(metadata.key(index))
                + CodedOutputStream.computeStringSizeNoTag(metadata.value(index));
    }

    private static int statusLength(int code, String message) {
        return 2 * TAG
                + CodedOutputStream.computeInt32SizeNoTag(code)
                + CodedOutputStream.computeStringSizeNoTag(message);
    }

    private void writePiece() {
        if (piece != null) {
            Channel target = Objects.requireNonNull(channel, "no batch was begun");
            var _ = target.write(piece, target.voidPromise());
            piece = null;
        }
    }

    /**
     * Takes what protobuf's writer empties its staging buffer into, and large byte strings past
     * that buffer.
     */
    private final class Pieces extends OutputStream {
        @Override
        public void write(int value) {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            Channel target = channel;
            if (target != null) {
                copy(target, bytes, offset, length);
            }
        }

        private void copy(Channel target, byte[] bytes, int offset, int length) {
            int written = 0;
            while (written < length) {
                if (piece == null) {
                    piece = target.alloc().directBuffer(Math.max(expected, STAGING), PIECE);
                }
                int step = Math.min(length - written, PIECE - piece.writerIndex());
                piece.writeBytes(bytes, offset + written, step);
                written += step;
                if (piece.writerIndex() == PIECE) {
                    writePiece();
                }
            }
        }
    }
}
