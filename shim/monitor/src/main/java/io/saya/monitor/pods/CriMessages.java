package io.saya.monitor.pods;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The parts of three of the CRI's messages ({@code runtime.v1}) that name pods and runtimes, read
 * by hand: nine fields are less than what a generator makes of the smallest definition. Fields of
 * other numbers are passed over.
 *
 * <pre>
 *   ListPodSandboxResponse    repeated PodSandbox items = 1
 *   PodSandbox                id = 1, PodSandboxMetadata metadata = 2, runtime_handler = 7
 *   PodSandboxMetadata        name = 1, uid = 2, namespace = 3
 *   PodSandboxStatusRequest   pod_sandbox_id = 1, bool verbose = 2
 *   PodSandboxStatusResponse  map&lt;string, string&gt; info = 2
 *   StatusRequest             bool verbose = 1
 *   StatusResponse            map&lt;string, string&gt; info = 2
 * </pre>
 */
final class CriMessages {
    /** An empty {@code ListPodSandboxRequest}: no filter. */
    static final byte[] LIST_ALL = {};

    /** A {@code StatusRequest} for all that containerd tells of itself. */
    static final byte[] VERBOSE_STATUS = {WireFormat.WIRETYPE_VARINT | 1 << 3, 1};

    private static final int FIRST = WireFormat.WIRETYPE_LENGTH_DELIMITED | 1 << 3;
    private static final int SECOND = WireFormat.WIRETYPE_LENGTH_DELIMITED | 2 << 3;
    private static final int THIRD = WireFormat.WIRETYPE_LENGTH_DELIMITED | 3 << 3;
    private static final int SEVENTH = WireFormat.WIRETYPE_LENGTH_DELIMITED | 7 << 3;
    private static final byte SECOND_NUMBER = WireFormat.WIRETYPE_VARINT | 2 << 3;

    private CriMessages() {}

    /** A {@code PodSandboxStatusRequest} for all that containerd knows. */
    static byte[] verboseStatusOf(String id) {
        byte[] text = id.getBytes(StandardCharsets.UTF_8);
        if (text.length > 127) {
            throw new StatusRuntimeException(
                    Status.INVALID_ARGUMENT.withDescription("id of " + text.length + " bytes"));
        }
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.write(FIRST);
        request.write(text.length);
        request.writeBytes(text);
        request.write(SECOND_NUMBER);
        request.write(1);
        return request.toByteArray();
    }

    /**
     * Pods by their sandboxes' ids, of a {@code ListPodSandboxResponse}.
     *
     * @throws StatusRuntimeException if it is none
     */
    static Map<String, PodIdentity> pods(byte[] response) {
        Map<String, PodIdentity> pods = new HashMap<>();
        each(
                response,
                (tag, item) -> {
                    if (tag == FIRST) {
                        Map<Integer, byte[]> pod = fields(item);
                        Map<Integer, byte[]> metadata = fields(bytes(pod, SECOND));
                        pods.put(
                                text(pod, FIRST),
                                new PodIdentity(
                                        text(metadata, FIRST),
                                        text(metadata, THIRD),
                                        text(metadata, SECOND),
                                        text(pod, SEVENTH),
                                        OptionalLong.empty()));
                    }
                });
        return pods;
    }

    /**
     * An entry of {@code info} of a {@code PodSandboxStatusResponse} or {@code StatusResponse},
     * which is JSON.
     *
     * @throws StatusRuntimeException if it is none
     */
    static String info(byte[] response, String name) {
        Map<String, String> entries = new HashMap<>();
        each(
                response,
                (tag, entry) -> {
                    if (tag == SECOND) {
                        Map<Integer, byte[]> pair = fields(entry);
                        entries.put(
                                text(pair, FIRST),
                                new String(bytes(pair, SECOND), StandardCharsets.UTF_8));
                    }
                });
        return entries.getOrDefault(name, "{}");
    }

    /** What takes a field that has a length. */
    @FunctionalInterface
    private interface FieldTaker {
        void field(int tag, byte[] content);
    }

    private static Map<Integer, byte[]> fields(byte[] message) {
        Map<Integer, byte[]> fields = new HashMap<>();
        each(message, fields::put);
        return fields;
    }

    private static void each(byte[] message, FieldTaker taker) {
        CodedInputStream in = CodedInputStream.newInstance(message);
        try {
            for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                    taker.field(tag, in.readByteArray());
                } else if (!in.skipField(tag)) {
                    throw new InvalidProtocolBufferException("an end without a beginning");
                }
            }
        } catch (IOException e) {
            throw new StatusRuntimeException(
                    Status.INTERNAL.withDescription("no answer of the CRI").withCause(e));
        }
    }

    private static byte[] bytes(Map<Integer, byte[]> fields, int tag) {
        return fields.getOrDefault(tag, LIST_ALL);
    }

    private static String text(Map<Integer, byte[]> fields, int tag) {
        return PodText.bounded(new String(bytes(fields, tag), StandardCharsets.UTF_8));
    }
}
