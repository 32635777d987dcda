package io.saya.agent;

import com.google.protobuf.ByteString;
import io.saya.io.GuestStreams;
import io.saya.proto.agent.AgentClient;
import io.saya.proto.agent.CloseStdinRequest;
import io.saya.proto.agent.ReadStreamRequest;
import io.saya.proto.agent.ReadStreamResponse;
import io.saya.proto.agent.WriteStreamRequest;
import io.saya.proto.agent.WriteStreamResponse;
import io.saya.ttrpc.CallOptions;
import io.saya.ttrpc.TtrpcException;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;

/**
 * The streams of one process by ReadStdout, ReadStderr, WriteStdin and CloseStdin (reference:
 * kata-agent.md §3.5).
 */
final class AgentStreams implements GuestStreams {

    private final AgentClient service;
    private final String containerId;
    private final String execId;

    /** By the name of the call: there is one of each at a time. */
    private final Map<String, CompletableFuture<?>> underWay = new ConcurrentHashMap<>();

    private volatile boolean closed;

    AgentStreams(AgentClient service, String containerId, String execId) {
        this.service = service;
        this.containerId = containerId;
        this.execId = execId;
    }

    @Override
    public ByteString readStdout(int max) throws IOException {
        return checked(
                await("ReadStdout", service.readStdoutAsync(read(max), CallOptions.noDeadline())),
                max);
    }

    @Override
    public ByteString readStderr(int max) throws IOException {
        return checked(
                await("ReadStderr", service.readStderrAsync(read(max), CallOptions.noDeadline())),
                max);
    }

    @Override
    public void writeStdin(ByteString data) throws IOException {
        ByteString left = data;
        while (!left.isEmpty()) {
            WriteStreamRequest request =
                    WriteStreamRequest.newBuilder()
                            .setContainerId(containerId)
                            .setExecId(execId)
                            .setData(left)
                            .build();
            WriteStreamResponse response =
                    await("WriteStdin", service.writeStdinAsync(request, CallOptions.noDeadline()));
            int taken = response.getLen();
            if (taken < 1 || taken > left.size()) {
                throw new IOException(
                        "the agent says it took "
                                + taken
                                + " bytes (expected: 1 to "
                                + left.size()
                                + ")");
            }
            left = left.substring(taken);
        }
    }

    @Override
    public void closeStdin() throws IOException {
        CloseStdinRequest request =
                CloseStdinRequest.newBuilder()
                        .setContainerId(containerId)
                        .setExecId(execId)
                        .build();
        await("CloseStdin", service.closeStdinAsync(request, CallOptions.noDeadline()));
    }

    @Override
    public void close() {
        closed = true;
        for (CompletableFuture<?> call : underWay.values()) {
            call.cancel(false);
        }
    }

    private ReadStreamRequest read(int max) {
        return ReadStreamRequest.newBuilder()
                .setContainerId(containerId)
                .setExecId(execId)
                .setLen(max)
                .build();
    }

    private static ByteString checked(ReadStreamResponse response, int max) throws IOException {
        if (response.getData().size() > max) {
            throw new IOException(
                    "the agent sends "
                            + response.getData().size()
                            + " bytes (expected: at most "
                            + max
                            + ")");
        }
        return response.getData();
    }

    private <T> T await(String name, CompletableFuture<T> call) throws IOException {
        underWay.put(name, call);
        try {
            if (closed) {
                call.cancel(false);
            }
            return call.get();
        } catch (ExecutionException e) {
            String why =
                    e.getCause() instanceof TtrpcException failure
                            ? failure.getMessage()
                            : e.toString();
            throw new IOException(
                    name + " of " + execId + " in container " + containerId + ": " + why, e);
        } catch (CancellationException e) {
            throw new IOException(
                    name + " of " + execId + " in container " + containerId + ": given up", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted in " + name, e);
        } finally {
            underWay.remove(name);
        }
    }
}
