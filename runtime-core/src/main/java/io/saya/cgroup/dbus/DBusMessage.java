package io.saya.cgroup.dbus;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * A message. Of its header fields those that are text or a number are kept.
 *
 * @param type what kind it is
 * @param serial its sender's number for it
 * @param replySerial of an answer, the number of what it answers; 0: it is none
 * @param fields object path, interface, member, error name, destination, sender, signature
 * @param body marshalled, in the order of bytes that the buffer has; read by copies of the buffer
 */
public record DBusMessage(
        Type type, long serial, long replySerial, Map<Field, String> fields, ByteBuffer body) {

    /** Bytes before the length of the header fields. */
    static final int FIXED = 12;

    /** And with it. */
    static final int HEAD = FIXED + Integer.BYTES;

    /** Far above what systemd says to us. */
    static final int LARGEST = 1 << 20;

    private static final int VERSION = 1;
    private static final int STRUCT = 8;
    private static final int REPLY_SERIAL = 5;
    private static final String UINT32 = "u";

    /** Kinds of messages. */
    public enum Type {
        INVALID(0),
        CALL(1),
        RETURN(2),
        ERROR(3),
        SIGNAL(4);

        private final int code;

        Type(int code) {
            this.code = code;
        }

        private static Type of(int code) {
            for (Type type : values()) {
                if (type.code == code) {
                    return type;
                }
            }
            return INVALID;
        }
    }

    /** Header fields that are texts. */
    public enum Field {
        PATH(1, "o"),
        INTERFACE(2, "s"),
        MEMBER(3, "s"),
        ERROR_NAME(4, "s"),
        DESTINATION(6, "s"),
        SENDER(7, "s"),
        SIGNATURE(8, "g");

        private final int code;
        private final String type;

        Field(int code, String type) {
            this.code = code;
            this.type = type;
        }
    }

    public DBusMessage {
        fields = Map.copyOf(fields);
    }

    /** A message to be sent. */
    public static DBusMessage of(
            Type type, long serial, long replySerial, Map<Field, String> fields, DBusWriter body) {
        return new DBusMessage(
                type,
                serial,
                replySerial,
                fields,
                ByteBuffer.wrap(body.toBytes()).order(ByteOrder.LITTLE_ENDIAN));
    }

    /** A field; empty if it is absent. */
    public String field(Field field) {
        return fields.getOrDefault(field, "");
    }

    /** Reads the body from its beginning. */
    public DBusReader reader() {
        return new DBusReader(body.duplicate().order(body.order()));
    }

    /** The whole message as it is sent; of messages that were made here only. */
    byte[] toBytes() {
        DBusWriter head =
                new DBusWriter()
                        .octet('l')
                        .octet(type.code)
                        .octet(0)
                        .octet(VERSION)
                        .uint32(body.remaining())
                        .uint32(serial)
                        .array(STRUCT, this::writeFields)
                        .struct();
        byte[] start = head.toBytes();
        byte[] whole = Arrays.copyOf(start, start.length + body.remaining());
        body.get(body.position(), whole, start.length, body.remaining());
        return whole;
    }

    private void writeFields(DBusWriter writer) {
        if (replySerial != 0) {
            writer.struct().octet(REPLY_SERIAL).signature(UINT32).uint32(replySerial);
        }
        new TreeMap<>(fields)
                .forEach(
                        (field, value) -> {
                            writer.struct().octet(field.code).signature(field.type);
                            if (field == Field.SIGNATURE) {
                                writer.signature(value);
                            } else {
                                writer.string(value);
                            }
                        });
    }

    /**
     * Returns how long a message is, by its first 16 bytes.
     *
     * @throws IOException if it is none, or longer than {@link #LARGEST}
     */
    static int length(byte[] head) throws IOException {
        DBusReader reader = new DBusReader(ByteBuffer.wrap(head).order(order(head)));
        for (int i = 0; i < Integer.BYTES; i++) {
            int _ = reader.octet();
        }
        long body = reader.uint32();
        long _ = reader.uint32();
        long fields = reader.uint32();
        long length = HEAD + (fields + STRUCT - 1) / STRUCT * STRUCT + body;
        if (length > LARGEST) {
            throw new IOException("a message of D-Bus of " + length + " bytes");
        }
        return (int) length;
    }

    private static ByteOrder order(byte[] head) throws IOException {
        return switch (head[0]) {
            case 'l' -> ByteOrder.LITTLE_ENDIAN;
            case 'B' -> ByteOrder.BIG_ENDIAN;
            default -> throw new IOException("no message of D-Bus");
        };
    }

    /** Reads a whole message. */
    static DBusMessage parse(byte[] whole) throws IOException {
        ByteOrder order = order(whole);
        DBusReader reader = new DBusReader(ByteBuffer.wrap(whole).order(order));
        int _ = reader.octet();
        int type = reader.octet();
        int _ = reader.octet();
        int _ = reader.octet();
        long bodyLength = reader.uint32();
        long serial = reader.uint32();
        long end = HEAD + reader.uint32();
        Map<Field, String> fields = new TreeMap<>();
        long replySerial = 0;
        while (reader.position() < end) {
            reader.align(STRUCT);
            int code = reader.octet();
            String signature = reader.signature();
            switch (signature) {
                case UINT32 -> {
                    long number = reader.uint32();
                    replySerial = code == REPLY_SERIAL ? number : replySerial;
                }
                case "s", "o" -> put(fields, code, reader.string());
                case "g" -> put(fields, code, reader.signature());
                default -> throw new IOException("a field of D-Bus of type " + signature);
            }
        }
        reader.align(STRUCT);
        int first = reader.position();
        if (first + bodyLength > whole.length) {
            throw new IOException("a message of D-Bus ends too early");
        }
        return new DBusMessage(
                Type.of(type),
                serial,
                replySerial,
                fields,
                ByteBuffer.wrap(Arrays.copyOfRange(whole, first, (int) (first + bodyLength)))
                        .order(order));
    }

    private static void put(Map<Field, String> fields, int code, String value) {
        for (Field field : Field.values()) {
            if (field.code == code) {
                fields.put(field, value);
            }
        }
    }
}
