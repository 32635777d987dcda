package io.saya.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.Empty;
import io.saya.failure.RuntimeFailure;
import io.saya.proto.agent.AgentService;
import io.saya.proto.agent.SetPolicyRequest;
import io.saya.ttrpc.CallContext;
import io.saya.ttrpc.StatusCode;
import io.saya.ttrpc.TtrpcStatusException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A policy reaches agents that enforce one; others do not run a pod that asks for it. */
@Timeout(60)
class PolicyTest {

    @TempDir Path directory;

    private void send(AgentService served, String policy) throws Exception {
        try (ServedAgent connection = new ServedAgent(directory, served)) {
            connection.agent().setPolicy(policy);
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
