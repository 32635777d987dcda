package io.saya.ttrpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;

/** Decodes the messages of calls out of frames. */
final class Messages {
    /**
     * Size from which on a message's byte fields stay slices of the frame; below, a copy costs less
     * than the slices.
     */
    private static final int ALIAS_FROM = 4 << 10;

    private Messages() {}

    /** Decodes a message that is a part of a frame nobody writes to any more. */
    static <T> T parse(Parser<T> parser, byte[] frame, int offset, int length)
            throws InvalidProtocolBufferException {
        if (length < ALIAS_FROM) {
            return parser.parseFrom(frame, offset, length);
        }
        try {
            CodedInputStream input =
                    UnsafeByteOperations.unsafeWrap(frame, offset, length).newCodedInput();
            input.enableAliasing(true);
            T message = parser.parseFrom(input);
            input.checkLastTagWas(0);
            return message;
        } catch (InvalidProtocolBufferException e) {
            throw e;
        }
    }
}
