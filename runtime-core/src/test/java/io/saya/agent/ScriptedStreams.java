package io.saya.agent;

import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import io.saya.proto.agent.AgentClient;
import io.saya.proto.agent.AgentService;
import io.saya.proto.agent.CloseStdinRequest;
import io.saya.proto.agent.ReadStreamRequest;
import io.saya.proto.agent.ReadStreamResponse;
import io.saya.ttrpc.CallContext;
import io.saya.ttrpc.ClientOptions;
import io.saya.ttrpc.StatusCode;
import io.saya.ttrpc.TtrpcClient;
import io.saya.ttrpc.TtrpcServer;
import io.saya.ttrpc.TtrpcStatusException;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * An agent that answers calls for the streams of one process as the test tells it, over a real
 * connection.
 */
final class ScriptedStreams implements AgentService, AutoCloseable {

    /** The answers to reads of one stream, in their order; a read waits for the next. */
    static final class Output {
        private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();

        Output data(String text) {
            answers.add(() -> response(text));
            return this;
        }

        /** An error, as agents send all of theirs. */
        Output error(String text) {
            return error(StatusCode.INTERNAL, text);
        }

        Output error(StatusCode code, String text) {
            answers.add(
                    () -> {
                        throw new TtrpcStatusException(code, text);
                    });
            return this;
        }

        /** The next answer comes so much later. */
        Output after(Duration delay) {
            answers.add(
                    () -> {
                        Thread.sleep(delay);
                        return answers.take().give();
                    });
            return this;
        }

        private static ReadStreamResponse response(String text) {
            return ReadStreamResponse.newBuilder().setData(ByteString.copyFromUtf8(text)).build();
        }
    }

    private interface Answer {
        ReadStreamResponse give() throws TtrpcStatusException, InterruptedException;
    }

    final Output stdout = new Output();
    final Output stderr = new Output();
    private final Transport transport;
    private final TtrpcServer server;
    private final TtrpcClient client;

    ScriptedStreams(Path directory) throws Exception {
        Path socket = directory.resolve("agent");
        transport = Transport.open("test-io");
        server = TtrpcServer.builder(transport).service(AgentService.bind(this)).listen(socket);
        client =
                TtrpcClient.connect(
                        transport,
                        Endpoint.unix(socket),
                        ClientOptions.connectWithin(Duration.ofSeconds(20)));
    }

    /** The process's streams, as with an agent of this version. */
    AgentStreams streams(String version) {
        Set<AgentTrait> traits = GuestDetails.of(version, false).traits();
        return new AgentStreams(new AgentClient(client), "c1", "e1", traits, AgentOutput.pace());
    }

    @Override
    public ReadStreamResponse readStdout(CallContext context, ReadStreamRequest request)
            throws TtrpcStatusException, InterruptedException {
        return stdout.answers.take().give();
    }

    @Override
    public ReadStreamResponse readStderr(CallContext context, ReadStreamRequest request)
            throws TtrpcStatusException, InterruptedException {
        return stderr.answers.take().give();
    }

    @Override
    public Empty closeStdin(CallContext context, CloseStdinRequest request) {
        return Empty.getDefaultInstance();
    }

    @Override
    public void close() {
        client.close();
        server.close();
        transport.close();
    }
}
