package io.saya.grpc;

import com.google.protobuf.MessageLite;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.InputStream;

/** Encodes requests. */
final class Requests implements MethodDescriptor.Marshaller<MessageLite> {

    @Override
    public InputStream stream(MessageLite value) {
        return new ByteArrayInputStream(value.toByteArray());
    }

    @Override
    public MessageLite parse(InputStream stream) {
        throw new UnsupportedOperationException("requests are only sent");
    }
}
