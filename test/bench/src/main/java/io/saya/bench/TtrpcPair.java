package io.saya.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import io.saya.ttrpc.CallOptions;
import io.saya.ttrpc.ClientOptions;
import io.saya.ttrpc.MethodKind;
import io.saya.ttrpc.ServerCall;
import io.saya.ttrpc.ServiceBinding;
import io.saya.ttrpc.TtrpcClient;
import io.saya.ttrpc.TtrpcException;
import io.saya.ttrpc.TtrpcServer;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;
import io.saya.ttrpc.wire.MethodName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Ours. */
final class TtrpcPair implements EchoPair, OutputPair {
    private static final MethodName ECHO = MethodName.of("bench.Echo", "Echo");
    private static final MethodName READ = MethodName.of("bench.Echo", "Read");
    private static final CallOptions OPTIONS = CallOptions.timeout(Duration.ofSeconds(20));

    private final Path directory = Files.createTempDirectory("bench");
    private final Transport serverTransport = Transport.open("server");
    private final Transport clientTransport = Transport.open("client");
    private final TtrpcServer server;
    private final TtrpcClient client;

    TtrpcPair() throws Exception {
        Path socket = directory.resolve("s");
        server = TtrpcServer.builder(serverTransport).service(new Echo()).listen(socket);
        client =
                TtrpcClient.connect(
                        clientTransport,
                        Endpoint.unix(socket),
                        ClientOptions.connectWithin(Duration.ofSeconds(5)));
    }

    @Override
    public BytesValue echo(BytesValue message) throws Exception {
        return client.call(ECHO, message, BytesValue.parser(), OPTIONS);
    }

    @Override
    public void take(int bytes) throws Exception {
        for (int left = bytes; left > 0; ) {
            left -=
                    client.call(READ, BytesValue.getDefaultInstance(), BytesValue.parser(), OPTIONS)
                            .getValue()
                            .size();
        }
    }

    @Override
    public void close() throws Exception {
        client.close();
        server.close();
        clientTransport.close();
        serverTransport.close();
        Files.delete(directory);
    }

    private static final class Echo extends ServiceBinding {
        private static final BytesValue OUTPUT =
                BytesValue.of(ByteString.copyFrom(new byte[PIECE]));

        Echo() {
            super(ECHO.service());
            method(ECHO.method(), MethodKind.UNARY);
            method(READ.method(), MethodKind.UNARY);
        }

        @Override
        protected void dispatch(int method, ServerCall call) throws TtrpcException {
            BytesValue request = call.request(BytesValue.parser());
            call.respond(method == 0 ? request : OUTPUT);
        }
    }
}
