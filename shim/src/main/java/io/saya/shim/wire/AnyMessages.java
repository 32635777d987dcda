package io.saya.shim.wire;

import com.google.protobuf.Any;
import com.google.protobuf.MessageLite;

/**
 * {@code google.protobuf.Any} the way containerd uses it: the type URL is the bare name. protobuf's
 * own pack insists on a prefix, which containerd 1.6 does not understand (containerd's typeurl
 * package).
 */
public final class AnyMessages {
    private AnyMessages() {}

    /** The message under its bare name. */
    public static Any pack(String type, MessageLite message) {
        return Any.newBuilder().setTypeUrl(type).setValue(message.toByteString()).build();
    }
}
