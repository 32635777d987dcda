package io.saya.network.netlink;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** The attributes of a message, by their types. */
public final class Attributes {
    private static final int TYPE_MASK = 0x3fff;
    private static final byte[] NONE = {};

    private final Map<Integer, ByteBuffer> payloads = new HashMap<>();

    private Attributes() {}

    /** Returns the attributes in a buffer; those that do not fit are left out. */
    static Attributes parse(ByteBuffer buffer) {
        Attributes attributes = new Attributes();
        int at = 0;
        while (buffer.limit() - at >= 4) {
            int length = buffer.getShort(at) & 0xffff;
            if (length < 4 || length > buffer.limit() - at) {
                break;
            }
            attributes.payloads.put(
                    buffer.getShort(at + 2) & TYPE_MASK,
                    NetlinkMessage.slice(buffer, at + 4, length - 4));
            at += (length + 3) & ~3;
        }
        return attributes;
    }

    public boolean has(int type) {
        return payloads.containsKey(type);
    }

    /** The payload; empty if there is no such attribute. */
    public byte[] bytes(int type) {
        ByteBuffer payload = payloads.get(type);
        if (payload == null) {
            return NONE;
        }
        byte[] bytes = new byte[payload.limit()];
        payload.get(0, bytes);
        return bytes;
    }

    /** A text without its NUL; empty if there is no such attribute. */
    public String text(int type) {
        byte[] bytes = bytes(type);
        int length = bytes.length;
        while (length > 0 && bytes[length - 1] == 0) {
            length--;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    public int u8(int type, int otherwise) {
        ByteBuffer payload = payloads.get(type);
        return payload == null || payload.limit() < 1 ? otherwise : payload.get(0) & 0xff;
    }

    public int u32(int type, int otherwise) {
        ByteBuffer payload = payloads.get(type);
        return payload == null || payload.limit() < 4 ? otherwise : payload.getInt(0);
    }

    /** The attributes inside of an attribute; none if there is no such attribute. */
    public Attributes nested(int type) {
        ByteBuffer payload = payloads.get(type);
        return payload == null ? new Attributes() : parse(payload);
    }
}
