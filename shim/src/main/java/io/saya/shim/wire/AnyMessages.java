package io.saya.shim.wire;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.saya.failure.RuntimeFailure;
import java.util.Optional;

/**
 * {@code google.protobuf.Any} the way containerd uses it: the type URL is the bare name. protobuf's
 * own pack and unpack insist on a prefix, which containerd 1.6 does not understand (containerd's
 * typeurl package); received are both.
 */
public final class AnyMessages {
    private static final String PREFIX = "type.googleapis.com/";

    private AnyMessages() {}

    /** The message under its bare name. */
    public static Any pack(String type, MessageLite message) {
        return Any.newBuilder().setTypeUrl(type).setValue(message.toByteString()).build();
    }

    /** Whether it holds a message of this name. */
    public static boolean is(Any any, String type) {
        String url = any.getTypeUrl();
        return url.equals(type)
                || (url.length() == PREFIX.length() + type.length()
                        && url.startsWith(PREFIX)
                        && url.endsWith(type));
    }

    /**
     * The message, if it is one of this name.
     *
     * @throws RuntimeFailure INVALID_ARGUMENT if it is but does not parse
     */
    public static <M extends MessageLite> Optional<M> unpack(
            Any any, String type, Parser<M> parser) {
        if (!is(any, type)) {
            return Optional.empty();
        }
        try {
            return Optional.of(parser.parseFrom(any.getValue()));
        } catch (InvalidProtocolBufferException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Kind.INVALID_ARGUMENT,
                    "message of type " + type + " does not parse: " + e.getMessage(),
                    e);
        }
    }
}
