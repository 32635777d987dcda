package io.saya.agent;

import io.saya.failure.RuntimeFailure;
import io.saya.hypervisor.AgentEndpoint;
import java.time.Duration;

/** Reaches agents. */
@FunctionalInterface
public interface AgentConnector {

    /**
     * Connects to the agent of a guest that may still be booting and returns once it has answered.
     *
     * @param timeout how long that may take
     * @throws RuntimeFailure DEADLINE_EXCEEDED or UNAVAILABLE
     */
    Agent connect(AgentEndpoint endpoint, Duration timeout) throws RuntimeFailure;
}
