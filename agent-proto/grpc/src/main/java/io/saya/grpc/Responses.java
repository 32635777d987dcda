package io.saya.grpc;

import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.InputStream;

/** Decodes answers; fields that their definition does not have are skipped, and cost nothing. */
final class Responses<T> implements MethodDescriptor.Marshaller<T> {

    private final Parser<T> parser;

    Responses(Parser<T> parser) {
        this.parser = discarding(parser);
    }

    /** All messages of the agent are {@link Message}s, and so is what their parsers give. */
    @SuppressWarnings({"unchecked", "rawtypes"})
    private static <T> Parser<T> discarding(Parser<T> parser) {
        return (Parser<T>) DiscardUnknownFieldsParser.wrap((Parser) parser);
    }

    @Override
    public InputStream stream(T value) {
        if (value instanceof MessageLite message) {
            return new Requests().stream(message);
        }
        throw new UnsupportedOperationException("answers are only received");
    }

    @Override
    public T parse(InputStream stream) {
        try {
            return parser.parseFrom(stream);
        } catch (InvalidProtocolBufferException e) {
            throw Status.INTERNAL
                    .withDescription("malformed answer: " + e.getMessage())
                    .withCause(e)
                    .asRuntimeException();
        }
    }
}
