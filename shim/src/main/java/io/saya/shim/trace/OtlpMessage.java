package io.saya.shim.trace;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Spans as OTLP's {@code ExportTraceServiceRequest}, written field by field: the numbers are those
 * of opentelemetry/proto/collector/trace/v1 and opentelemetry/proto/trace/v1. Generated classes for
 * it would cost 1 MB.
 */
final class OtlpMessage {
    private static final int SPAN_KIND_INTERNAL = 1;
    private static final int SPAN_KIND_SERVER = 2;
    private static final int STATUS_CODE_ERROR = 2;

    /** What a failure says in a span; the log has all of it. */
    private static final int ERROR_LENGTH = 512;

    private OtlpMessage() {}

    /** Writes one message. */
    @FunctionalInterface
    private interface Message {
        void write(CodedOutputStream out) throws IOException;
    }

    /**
     * The request.
     *
     * @param resource attributes of the daemon
     */
    static byte[] of(List<Map.Entry<String, String>> resource, List<Span> spans) {
        return bytes(
                request ->
                        nested(
                                request,
                                1, // resource_spans
                                resourceSpans -> {
                                    nested(
                                            resourceSpans,
                                            1, // resource
                                            out -> attributes(out, 1, resource));
                                    nested(
                                            resourceSpans,
                                            2, // scope_spans
                                            scopeSpans -> {
                                                nested(
                                                        scopeSpans,
                                                        1, // scope
                                                        scope -> scope.writeString(1, "saya"));
                                                for (Span span : spans) {
                                                    nested(scopeSpans, 2, out -> span(out, span));
                                                }
                                            });
                                }));
    }

    private static void span(CodedOutputStream out, Span span) throws IOException {
        out.writeByteArray(1, HexFormat.of().parseHex(span.place().traceId()));
        out.writeByteArray(2, HexFormat.of().parseHex(span.place().spanId()));
        if (!span.parentId().isEmpty()) {
            out.writeByteArray(4, HexFormat.of().parseHex(span.parentId()));
        }
        out.writeString(5, span.name());
        out.writeEnum(6, span.server() ? SPAN_KIND_SERVER : SPAN_KIND_INTERNAL);
        out.writeFixed64(7, span.time().startNanos());
        out.writeFixed64(8, span.time().endNanos());
        attributes(out, 9, span.attributes());
        if (!span.error().isEmpty()) {
            nested(
                    out,
                    15, // status
                    status -> {
                        status.writeString(
                                2,
                                span.error()
                                        .substring(
                                                0, Math.min(ERROR_LENGTH, span.error().length())));
                        status.writeEnum(3, STATUS_CODE_ERROR);
                    });
        }
    }

    private static void attributes(
            CodedOutputStream out, int field, List<Map.Entry<String, String>> attributes)
            throws IOException {
        for (Map.Entry<String, String> attribute : attributes) {
            nested(
                    out,
                    field,
                    keyValue -> {
                        keyValue.writeString(1, attribute.getKey());
                        nested(keyValue, 2, value -> value.writeString(1, attribute.getValue()));
                    });
        }
    }

    private static void nested(CodedOutputStream out, int field, Message message)
            throws IOException {
        out.writeByteArray(field, bytes(message));
    }

    private static byte[] bytes(Message message) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            message.write(out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
