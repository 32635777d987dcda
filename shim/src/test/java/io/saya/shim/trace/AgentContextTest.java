package io.saya.shim.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Empty;
import io.saya.agent.Agent;
import io.saya.agent.ChannelSigns;
import io.saya.agent.GrpcLibrary;
import io.saya.agent.KataConnector;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.proto.agent.AgentService;
import io.saya.proto.agent.CheckRequest;
import io.saya.proto.agent.HealthCheckResponse;
import io.saya.proto.agent.HealthService;
import io.saya.proto.agent.SignalProcessRequest;
import io.saya.trace.TraceParent;
import io.saya.ttrpc.CallContext;
import io.saya.ttrpc.TtrpcObserver;
import io.saya.ttrpc.TtrpcServer;
import io.saya.ttrpc.transport.Transport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The place in a trace goes on to the guest's agent, by the metadata of a call. */
@Timeout(60)
class AgentContextTest {
    @TempDir Path directory;
    private final List<Optional<String>> told = new CopyOnWriteArrayList<>();

    @Test
    void aCallThatIsTracedCarriesItsPlaceAndAnotherCarriesNone() throws Exception {
        Path socket = directory.resolve("agent");
        AgentService service =
                new AgentService() {
                    @Override
                    public Empty signalProcess(CallContext context, SignalProcessRequest request) {
                        told.add(context.metadata().first("traceparent"));
                        return Empty.getDefaultInstance();
                    }
                };
        HealthService health =
                new HealthService() {
                    @Override
                    public HealthCheckResponse check(CallContext context, CheckRequest request) {
                        return HealthCheckResponse.getDefaultInstance();
                    }
                };
        try (Transport transport = Transport.open("test")) {
            TtrpcServer server =
                    TtrpcServer.builder(transport)
                            .service(AgentService.bind(service))
                            .service(HealthService.bind(health))
                            .listen(socket);
            TraceParent place = TraceParent.begun();
            try (Agent agent =
                    new KataConnector(
                                    transport,
                                    new GrpcLibrary(Path.of("/none")),
                                    Duration.ofSeconds(30),
                                    new TtrpcObserver() {})
                            .connect(
                                    new AgentEndpoint.SerialPort(
                                            socket, AgentEndpoint.Agents.DEFAULT),
                                    ChannelSigns.of(new CompletableFuture<>()),
                                    () -> false)) {
                place.call(
                        () -> {
                            agent.signalProcess("c1", "", 15);
                            return true;
                        });
                agent.signalProcess("c1", "", 9);
            } finally {
                server.shutdown(Duration.ofSeconds(5));
            }
            assertThat(told).containsExactly(Optional.of(place.text()), Optional.empty());
        }
    }
}
