package io.saya.agent;

import io.saya.failure.RuntimeFailure;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.lifecycle.Patience;

/** Reaches agents. */
@FunctionalInterface
public interface AgentConnector {

    /**
     * Connects to the agent of a guest that may still be booting and returns once it has answered.
     *
     * @param patience how long that may take
     * @throws RuntimeFailure DEADLINE_EXCEEDED or UNAVAILABLE
     */
    Agent connect(AgentEndpoint endpoint, Patience patience) throws RuntimeFailure;
}
