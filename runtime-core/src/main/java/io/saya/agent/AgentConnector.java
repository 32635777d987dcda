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
     * @param signs what tells of the channel, and is told of it
     * @param patience how long that may take
     * @throws RuntimeFailure DEADLINE_EXCEEDED or UNAVAILABLE
     */
    Agent connect(AgentEndpoint endpoint, ChannelSigns signs, Patience patience)
            throws RuntimeFailure;
}
