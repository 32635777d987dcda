package io.saya.agent;

import io.saya.proto.agent.AgentService;
import io.saya.ttrpc.ClientOptions;
import io.saya.ttrpc.TtrpcClient;
import io.saya.ttrpc.TtrpcServer;
import io.saya.ttrpc.transport.Endpoint;
import io.saya.ttrpc.transport.Transport;
import java.nio.file.Path;
import java.time.Duration;

/** An agent whose other side a test plays, over a real connection. */
final class ServedAgent implements AutoCloseable {
    private static final Duration LONG = Duration.ofSeconds(20);

    private final Transport transport = Transport.open("test");
    private final TtrpcServer server;
    private final KataAgent agent;

    /**
     * @param directory where the socket goes
     */
    ServedAgent(Path directory, AgentService service) throws Exception {
        Path socket = directory.resolve("agent");
        server = TtrpcServer.builder(transport).service(AgentService.bind(service)).listen(socket);
        agent =
                new KataAgent(
                        TtrpcClient.connect(
                                transport,
                                Endpoint.unix(socket),
                                ClientOptions.connectWithin(LONG)),
                        LONG);
    }

    KataAgent agent() {
        return agent;
    }

    @Override
    public void close() {
        agent.close();
        server.close();
        transport.close();
    }
}
