package io.saya.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.Empty;
import io.saya.failure.RuntimeFailure;
import io.saya.proto.agent.AgentService;
import io.saya.proto.agent.SetPolicyRequest;
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
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A policy reaches agents that enforce one; others do not run a pod that asks for it. */
@Timeout(60)
class PolicyTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    @TempDir Path directory;
    private final Transport transport = Transport.open("test");

    @SuppressWarnings("NullAway.Init") // Set before each test.
    PolicyTest() {}

    @AfterEach
    void close() {
        transport.close();
    }

    private void send(AgentService served, String policy) throws Exception {
        Path socket = directory.resolve("agent");
        try (TtrpcServer server =
                        TtrpcServer.builder(transport)
                                .service(AgentService.bind(served))
                                .listen(socket);
                KataAgent agent =
                        new KataAgent(
                                TtrpcClient.connect(
                                        transport,
                                        Endpoint.unix(socket),
                                        ClientOptions.connectWithin(LONG)),
                                LONG)) {
            assertThat(server).isNotNull();
            agent.setPolicy(policy);
        }
    }

    @Test
    void anAgentGetsItAsItIs() throws Exception {
        List<String> policies = new ArrayList<>();
        send(
                new AgentService() {
                    @Override
                    public Empty setPolicy(CallContext context, SetPolicyRequest request) {
                        policies.add(request.getPolicy());
                        return Empty.getDefaultInstance();
                    }
                },
                "package agent_policy\ndefault X := true\n");
        assertThat(policies).containsExactly("package agent_policy\ndefault X := true\n");
    }

    @Test
    void anAgentThatTakesNoneIsNotTakenForOneThatEnforcesIt() {
        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(() -> send(new AgentService() {}, "package agent_policy"))
                .withMessageStartingWith(
                        "policy in [agent.kata]: the guest's agent enforces none (expected: an"
                                + " agent of Kata that is built with agent-policy)");
    }

    @Test
    void anAgentThatRefusesItIsHeard() {
        assertThatExceptionOfType(RuntimeFailure.class)
                .isThrownBy(
                        () ->
                                send(
                                        new AgentService() {
                                            @Override
                                            public Empty setPolicy(
                                                    CallContext context, SetPolicyRequest request)
                                                    throws TtrpcStatusException {
                                                throw new TtrpcStatusException(
                                                        StatusCode.INVALID_ARGUMENT, "line 3");
                                            }
                                        },
                                        "package agent_policy"))
                .withMessageContaining("SetPolicy: INVALID_ARGUMENT: line 3");
    }
}
