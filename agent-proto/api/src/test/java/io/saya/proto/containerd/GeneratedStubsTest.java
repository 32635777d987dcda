package io.saya.proto.containerd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import io.saya.proto.containerd.streaming.StreamInit;
import io.saya.proto.containerd.streaming.StreamingClient;
import io.saya.proto.containerd.streaming.StreamingService;
import io.saya.proto.containerd.task.ConnectRequest;
import io.saya.proto.containerd.task.ConnectResponse;
import io.saya.proto.containerd.task.KillRequest;
import io.saya.proto.containerd.task.TaskClient;
import io.saya.proto.containerd.task.TaskService;
import io.saya.ttrpc.CallContext;
import io.saya.ttrpc.CallOptions;
import io.saya.ttrpc.ClientOptions;
import io.saya.ttrpc.DuplexStream;
import io.saya.ttrpc.MessageReceiver;
import io.saya.ttrpc.MessageSender;
import io.saya.ttrpc.StatusCode;
import io.saya.ttrpc.TtrpcClient;
import io.saya.ttrpc.TtrpcException;
import io.saya.ttrpc.TtrpcServer;
import io.saya.ttrpc.TtrpcStatusException;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Generated servers and clients talk to each other over a real socket. */
class GeneratedStubsTest {
    private static final String TASK_V3 = "containerd.task.v3.Task";
    private static final CallOptions OPTIONS = CallOptions.timeout(Duration.ofSeconds(20));

    /** One method, which says by what name it was called. */
    private static final class Tasks implements TaskService {
        @Override
        public ConnectResponse connect(CallContext context, ConnectRequest request) {
            return ConnectResponse.newBuilder()
                    .setShimPid(7)
                    .setVersion(context.method().service())
                    .build();
        }
    }

    /** Sends everything back. */
    private static final class Echo implements StreamingService {
        @Override
        public void stream(
                CallContext context, MessageReceiver<Any> requests, MessageSender<Any> responses)
                throws TtrpcException, InterruptedException {
            for (Any next = requests.receive(); next != null; next = requests.receive()) {
                responses.send(next);
            }
        }
    }

    @TempDir Path directory;

    private Transport transport;
    private TtrpcServer server;
    private TtrpcClient client;

    @SuppressWarnings("NullAway.Init") // All are set before each test.
    GeneratedStubsTest() {}

    @BeforeEach
    void start() throws Exception {
        Path socket = directory.resolve("s");
        Tasks tasks = new Tasks();
        transport = Transport.open("test-io");
        server =
                TtrpcServer.builder(transport)
                        .service(TaskService.bind(tasks))
                        .service(TaskService.bind(tasks, TASK_V3))
                        .service(StreamingService.bind(new Echo()))
                        .listen(socket);
        client =
                TtrpcClient.connect(
                        transport,
                        Endpoint.unix(socket),
                        ClientOptions.connectWithin(Duration.ofSeconds(20)));
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
        transport.close();
    }

    @Test
    void oneImplementationServesBothVersionsOfTheTaskService() throws Exception {
        ConnectRequest request = ConnectRequest.newBuilder().setId("c").build();
        assertThat(new TaskClient(client).connect(request, OPTIONS).getVersion())
                .isEqualTo("containerd.task.v2.Task");
        assertThat(new TaskClient(client, TASK_V3).connect(request, OPTIONS).getVersion())
                .isEqualTo(TASK_V3);
        assertThat(
                        new TaskClient(client)
                                .connectAsync(request, OPTIONS)
                                .get(20, TimeUnit.SECONDS)
                                .getShimPid())
                .isEqualTo(7);
    }

    @Test
    void aMethodThatIsNotImplementedSaysSo() {
        assertThatThrownBy(
                        () ->
                                new TaskClient(client)
                                        .kill(KillRequest.getDefaultInstance(), OPTIONS))
                .isInstanceOfSatisfying(
                        TtrpcStatusException.class,
                        e -> assertThat(e.code()).isEqualTo(StatusCode.UNIMPLEMENTED))
                .hasMessageContaining("method Kill");
    }

    @Test
    void generatedStreamsWork() throws Exception {
        try (DuplexStream<Any, Any> stream = new StreamingClient(client).stream(OPTIONS)) {
            Any init =
                    Any.newBuilder()
                            .setTypeUrl("containerd.services.streaming.v1.StreamInit")
                            .setValue(StreamInit.newBuilder().setId("x").build().toByteString())
                            .build();
            stream.send(init);
            assertThat(stream.receive()).isEqualTo(init);
            stream.closeSending();
            assertThat(stream.receive()).isNull();
        }
    }
}
