package io.saya.network.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A message from the kernel.
 *
 * @param sequence that of the request
 * @param body what follows the general header
 */
public record NetlinkMessage(int type, int sequence, ByteBuffer body) {

    /**
     * Takes apart what the kernel answered.
     *
     * @throws IllegalArgumentException if it is not a row of whole messages
     */
    public static List<NetlinkMessage> parse(byte[] answers) {
        ByteBuffer all = ByteBuffer.wrap(answers).order(ByteOrder.nativeOrder());
        List<NetlinkMessage> messages = new ArrayList<>();
        int at = 0;
        while (answers.length - at >= NetlinkBatch.MESSAGE_HEADER) {
            int length = all.getInt(at);
            if (length < NetlinkBatch.MESSAGE_HEADER || length > answers.length - at) {
                throw new IllegalArgumentException(
                        "rtnetlink message of "
                                + length
                                + " bytes (expected: 16 to "
                                + (answers.length - at)
                                + ")");
            }
            messages.add(
                    new NetlinkMessage(
                            all.getShort(at + 4) & 0xffff,
                            all.getInt(at + 8),
                            slice(
                                    all,
                                    at + NetlinkBatch.MESSAGE_HEADER,
                                    length - NetlinkBatch.MESSAGE_HEADER)));
            at += (length + 3) & ~3;
        }
        return messages;
    }

    /**
     * A number of the header of the message's type.
     *
     * @throws IllegalArgumentException if the message is shorter than that
     */
    public int u8(int offset) {
        has(offset + Byte.BYTES);
        return body.get(offset) & 0xff;
    }

    /** As {@link #u8}, of 16 bits. */
    public int u16(int offset) {
        has(offset + Short.BYTES);
        return body.getShort(offset) & 0xffff;
    }

    /** As {@link #u8}, of 32 bits. */
    public int u32(int offset) {
        has(offset + Integer.BYTES);
        return body.getInt(offset);
    }

    /**
     * The attributes behind the header of the message's type.
     *
     * @throws IllegalArgumentException if the message is shorter than that header
     */
    public Attributes attributes(int headerLength) {
        has(headerLength);
        return Attributes.parse(slice(body, headerLength, body.limit() - headerLength));
    }

    private void has(int length) {
        if (body.limit() < length) {
            throw new IllegalArgumentException(
                    "rtnetlink message of type "
                            + type
                            + " with "
                            + body.limit()
                            + " bytes (expected: at least "
                            + length
                            + ")");
        }
    }

    /** The body as it came. */
    public byte[] bytes() {
        return Arrays.copyOfRange(
                body.array(), body.arrayOffset(), body.arrayOffset() + body.limit());
    }

    /** Of an {@link Rtnetlink#ERROR} or {@link Rtnetlink#DONE}: errno, or 0 for success. */
    int errno() {
        return body.limit() < 4 ? 0 : -body.getInt(0);
    }

    static ByteBuffer slice(ByteBuffer buffer, int offset, int length) {
        return buffer.slice(offset, length).order(ByteOrder.nativeOrder());
    }
}
