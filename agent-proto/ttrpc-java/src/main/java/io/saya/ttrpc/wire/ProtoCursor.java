package io.saya.ttrpc.wire;

import java.nio.charset.StandardCharsets;

/**
 * Walks over the fields of one protobuf message in an array.
 *
 * <p>Envelopes are read with this instead of protobuf's own reader because a connection can use one
 * cursor for all of its frames, and because a field's bytes can be looked at where they are.
 */
final class ProtoCursor {
    private static final int WIRE_TYPE_BITS = 3;
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED32 = 5;
    private static final byte[] EMPTY = new byte[0];

    private byte[] bytes = EMPTY;
    private int position;
    private int end;
    private int tag;

    /** Begins with the message in the given range. */
    void reset(byte[] message, int offset, int length) {
        bytes = message;
        position = offset;
        end = offset + length;
    }

    /** Moves to the next field and returns its tag, or 0 at the end of the message. */
    int next() throws MalformedEnvelopeException {
        if (position == end) {
            bytes = EMPTY;
            return 0;
        }
        tag = (int) varint();
        if (tag >>> WIRE_TYPE_BITS == 0) {
            throw malformed("field number 0");
        }
        return tag;
    }

    /** Value of a varint field. */
    long varint() throws MalformedEnvelopeException {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            if (position == end) {
                throw malformed("number cut short");
            }
            byte next = bytes[position++];
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw malformed("number longer than 10 bytes");
    }

    /**
     * Length of a length-delimited field; its bytes begin at {@link #position}, and the cursor
     * stands before them.
     */
    int length() throws MalformedEnvelopeException {
        long length = varint();
        if (length < 0 || length > end - position) {
            throw malformed(
                    "field of "
                            + Long.toUnsignedString(length)
                            + " bytes in a message that has "
                            + (end - position)
                            + " left");
        }
        return (int) length;
    }

    int position() {
        return position;
    }

    void skip(int count) {
        position += count;
    }

    /**
     * Value of a string field, cut after so many bytes; malformed UTF-8 is replaced, as the text is
     * only shown or compared.
     */
    String string(int maxBytes) throws MalformedEnvelopeException {
        int length = length();
        String value =
                new String(bytes, position, Math.min(length, maxBytes), StandardCharsets.UTF_8);
        position += length;
        return value;
    }

    /** Passes over the value of a field that is of no interest. */
    void skipValue() throws MalformedEnvelopeException {
        switch (tag & ((1 << WIRE_TYPE_BITS) - 1)) {
            case VARINT -> varint();
            case FIXED64 -> skipFixed(Long.BYTES);
            case LENGTH_DELIMITED -> skip(length());
            case FIXED32 -> skipFixed(Integer.BYTES);
            default -> throw malformed("field with tag " + Integer.toUnsignedString(tag));
        }
    }

    private void skipFixed(int count) throws MalformedEnvelopeException {
        if (count > end - position) {
            throw malformed("number cut short");
        }
        position += count;
    }

    private MalformedEnvelopeException malformed(String what) {
        return new MalformedEnvelopeException(what + " at byte " + position);
    }
}
