package io.saya.test.fault;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Calls a shim's task service directly, one call for each connection: containerd's client takes
 * longer to start than the shim to answer.
 */
final class ShimClient {
    private static final int REQUEST = 1;
    private static final int RESPONSE = 2;

    private final Path socket;

    ShimClient(Path socket) {
        this.socket = socket;
    }

    /**
     * An answer.
     *
     * @param code 0, or the gRPC code of the failure
     */
    record Answer(int code, String message, Duration after) {}

    /**
     * Makes a call with a container's id in field 1, as all of them have it.
     *
     * @param signal for Kill, in field 3; 0 for none
     * @throws AssertionError if there is no answer within {@code limit}
     */
    Answer call(String method, String id, int signal, Duration limit) {
        return call(method, id, "", signal, limit);
    }

    /** Asks for an exec, in field 2 as Kill has it; empty: the container's first process. */
    Answer call(String method, String id, String exec, int signal, Duration limit) {
        var answer =
                CompletableFuture.supplyAsync(
                        () -> exchange(method, id, exec, signal), Thread::startVirtualThread);
        try {
            return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError(method + " of " + id + ": no answer within " + limit, e);
        } catch (ExecutionException e) {
            throw new AssertionError(method + " of " + id + ": " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private Answer exchange(String method, String id, String exec, int signal) {
        try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            var out = new DataOutputStream(Channels.newOutputStream(channel));
            var in = new DataInputStream(Channels.newInputStream(channel));
            long asked = System.nanoTime();
            var request = request(method, id, exec, signal);
            out.writeInt(request.length);
            out.writeInt(1);
            out.writeByte(REQUEST);
            out.writeByte(0);
            out.write(request);
            int length = in.readInt();
            in.readInt();
            if (in.readUnsignedByte() != RESPONSE) {
                throw new IOException("not a response");
            }
            in.readUnsignedByte();
            var after = Duration.ofNanos(System.nanoTime() - asked);
            return answer(in.readNBytes(length), after);
        } catch (IOException e) {
            throw new AssertionError(socket + ", " + method + ": " + e, e);
        }
    }

    private static byte[] request(String method, String id, String exec, int signal)
            throws IOException {
        var message = new ByteArrayOutputStream();
        var fields = CodedOutputStream.newInstance(message);
        fields.writeString(1, id);
        if (!exec.isEmpty()) {
            fields.writeString(2, exec);
        }
        if (signal != 0) {
            fields.writeUInt32(3, signal);
        }
        fields.flush();
        var request = new ByteArrayOutputStream();
        var envelope = CodedOutputStream.newInstance(request);
        envelope.writeString(1, "containerd.task.v2.Task");
        envelope.writeString(2, method);
        envelope.writeByteArray(3, message.toByteArray());
        envelope.flush();
        return request.toByteArray();
    }

    /** The status, google.rpc.Status in field 1; absent in a success. */
    private static Answer answer(byte[] response, Duration after) throws IOException {
        int code = 0;
        var message = "";
        var fields = CodedInputStream.newInstance(response);
        for (int tag = fields.readTag(); tag != 0; tag = fields.readTag()) {
            if (WireFormat.getTagFieldNumber(tag) != 1) {
                fields.skipField(tag);
                continue;
            }
            var status = fields.readBytes().newCodedInput();
            for (int inner = status.readTag(); inner != 0; inner = status.readTag()) {
                switch (WireFormat.getTagFieldNumber(inner)) {
                    case 1 -> code = status.readInt32();
                    case 2 -> message = status.readString();
                    default -> status.skipField(inner);
                }
            }
        }
        return new Answer(code, message, after);
    }
}
