package io.saya.agent;

import com.google.protobuf.ByteString;
import io.saya.io.GuestStreams;
import io.saya.lifecycle.Pace;
import io.saya.lifecycle.Waited;
import io.saya.proto.agent.AgentClient;
import io.saya.proto.agent.CloseStdinRequest;
import io.saya.proto.agent.ReadStreamRequest;
import io.saya.proto.agent.WriteStreamRequest;
import io.saya.proto.agent.WriteStreamResponse;
import io.saya.ttrpc.CallOptions;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The streams of one process by ReadStdout, ReadStderr, WriteStdin and CloseStdin
 * (agent-proto/api/agents.md#streams).
 */
final class AgentStreams implements GuestStreams {

    private final AgentClient service;
    private final String containerId;
    private final String execId;
    private final ExitSigns signs;
    private final AgentOutput stdout;
    private final AgentOutput stderr;
    private final boolean keepsOutput;

    /** The calls for input that are under way, by name: there is one of each at a time. */
    private final Map<String, CompletableFuture<?>> underWay = new ConcurrentHashMap<>();

    private volatile boolean closed;

    /**
     * @param traits of the agent
     * @param smallReads of all streams of the agent together
     */
    AgentStreams(
            AgentClient service,
            String containerId,
            String execId,
            Set<AgentTrait> traits,
            Pace smallReads) {
        this.service = service;
        this.containerId = containerId;
        this.execId = execId;
        this.signs = new ExitSigns(traits);
        this.keepsOutput = traits.contains(AgentTrait.KEEPS_OUTPUT);
        this.stdout =
                new AgentOutput(
                        name("ReadStdout"),
                        (max, position, done) ->
                                service.readStdoutAsync(read(max, position, done), reading(max)),
                        signs,
                        traits,
                        smallReads);
        this.stderr =
                new AgentOutput(
                        name("ReadStderr"),
                        (max, position, done) ->
                                service.readStderrAsync(read(max, position, done), reading(max)),
                        signs,
                        traits,
                        smallReads);
    }

    @Override
    public ByteString readStdout(int max) throws IOException {
        return stdout.read(max);
    }

    @Override
    public ByteString readStderr(int max) throws IOException {
        return stderr.read(max);
    }

    @Override
    public boolean keepsOutput() {
        return keepsOutput;
    }

    @Override
    public ByteString readStdout(int max, long position, long done) throws IOException {
        return stdout.read(max, position, done);
    }

    @Override
    public ByteString readStderr(int max, long position, long done) throws IOException {
        return stderr.read(max, position, done);
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
        signs.closeStdinSent();
        try {
            await("CloseStdin", service.closeStdinAsync(request, CallOptions.noDeadline()));
        } finally {
            signs.closeStdinAnswered();
        }
    }

    @Override
    public void close() {
        closed = true;
        stdout.close();
        stderr.close();
        for (CompletableFuture<?> call : underWay.values()) {
            call.cancel(false);
        }
    }

    /**
     * Returns options that take an answer of what was asked for, with room for the frame around it
     * or for the text of an error.
     */
    private static CallOptions reading(int max) {
        return CallOptions.noDeadline().withAnswerBytes(max + KataConnector.ANSWER_BYTES);
    }

    private ReadStreamRequest read(int max, long position, long done) {
        return ReadStreamRequest.newBuilder()
                .setContainerId(containerId)
                .setExecId(execId)
                .setLen(max)
                .setPosition(position)
                .setDone(done)
                .build();
    }

    private String name(String call) {
        return call + " of " + execId + " in container " + containerId;
    }

    private <T> T await(String name, CompletableFuture<T> call) throws IOException {
        underWay.put(name, call);
        try {
            if (closed) {
                call.cancel(false);
            }
            return switch (Waited.on(call)) {
                case Waited.Done(T answer) -> answer;
                case Waited.Failed(CancellationException e) ->
                        throw new IOException(name(name) + ": given up", e);
                case Waited.Failed(Throwable cause) ->
                        throw new IOException(name(name) + ": " + AgentOutput.why(cause), cause);
                case Waited.TimedOut(), Waited.Interrupted() ->
                        throw new IOException("interrupted in " + name(name));
            };
        } finally {
            underWay.remove(name);
        }
    }
}
