package io.saya.network.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Messages to be sent one after another, in the host's byte order. Each is begun, then filled with
 * its header and attributes. Its sequence number is its place in the batch, from 1.
 *
 * <pre>
 *     0        4      6       8          12       16
 *     +--------+------+-------+----------+--------+---------------+------------+
 *     | length | type | flags | sequence | port 0 | header of type | attributes |
 *     +--------+------+-------+----------+--------+---------------+------------+
 *                                      attribute = u16 length, u16 type, payload, padding to 4
 * </pre>
 */
public final class NetlinkBatch {
    static final int MESSAGE_HEADER = 16;
    private static final int NESTED = 0x8000;

    private ByteBuffer buffer = ByteBuffer.allocate(1024).order(ByteOrder.nativeOrder());
    private final List<Integer> starts = new ArrayList<>();
    private final List<String> operations = new ArrayList<>();

    /**
     * Begins a message.
     *
     * @param flags beyond {@link Rtnetlink#REQUEST}
     * @param operation what it does, for error messages
     */
    public NetlinkBatch begin(int type, int flags, String operation) {
        finish();
        starts.add(buffer.position());
        operations.add(operation);
        return u32(0).u16(type).u16(flags | Rtnetlink.REQUEST).u32(starts.size()).u32(0);
    }

    public NetlinkBatch u8(int value) {
        room(1);
        buffer.put((byte) value);
        return this;
    }

    public NetlinkBatch u16(int value) {
        room(2);
        buffer.putShort((short) value);
        return this;
    }

    public NetlinkBatch u32(int value) {
        room(4);
        buffer.putInt(value);
        return this;
    }

    public NetlinkBatch raw(byte[] bytes) {
        room(bytes.length);
        buffer.put(bytes);
        return this;
    }

    /** An attribute of these bytes. */
    public NetlinkBatch attribute(int type, byte[] payload) {
        return u16(4 + payload.length).u16(type).raw(payload).pad();
    }

    /** An attribute of 32 bits. */
    public NetlinkBatch attribute(int type, int value) {
        return u16(8).u16(type).u32(value);
    }

    /** An attribute of 64 bits. */
    public NetlinkBatch attribute(int type, long value) {
        u16(12).u16(type);
        room(8);
        buffer.putLong(value);
        return this;
    }

    /** An attribute of text, with the NUL that the kernel expects. */
    public NetlinkBatch attribute(int type, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        return attribute(type, Arrays.copyOf(bytes, bytes.length + 1));
    }

    /**
     * Begins an attribute that holds what follows.
     *
     * @return to be given to {@link #endNest}
     */
    public int beginNest(int type) {
        int at = buffer.position();
        u16(0).u16(type | NESTED);
        return at;
    }

    public NetlinkBatch endNest(int begun) {
        buffer.putShort(begun, (short) (buffer.position() - begun));
        return pad();
    }

    public boolean isEmpty() {
        return operations.isEmpty();
    }

    /** Returns what the message with this sequence number does. */
    String operation(int sequence) {
        return operations.get(sequence - 1);
    }

    int count() {
        return operations.size();
    }

    /** The whole batch, as it is sent. */
    public byte[] bytes() {
        return bytes(1, count());
    }

    /** The messages with these sequence numbers and between. */
    byte[] bytes(int first, int last) {
        finish();
        return Arrays.copyOfRange(
                buffer.array(),
                starts.get(first - 1),
                last < count() ? starts.get(last) : buffer.position());
    }

    private void finish() {
        if (!starts.isEmpty()) {
            int start = starts.getLast();
            buffer.putInt(start, buffer.position() - start);
        }
    }

    private NetlinkBatch pad() {
        while (buffer.position() % 4 != 0) {
            u8(0);
        }
        return this;
    }

    private void room(int more) {
        if (buffer.remaining() < more) {
            ByteBuffer larger =
                    ByteBuffer.allocate(Math.max(buffer.capacity() * 2, buffer.position() + more))
                            .order(ByteOrder.nativeOrder());
            buffer = larger.put(buffer.flip());
        }
    }
}
