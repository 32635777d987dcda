package io.saya.agent;

import io.saya.failure.RuntimeFailure;
import io.saya.hypervisor.AgentEndpoint;
import io.saya.lifecycle.Patience;
import java.util.concurrent.Future;

/** Reaches agents. */
@FunctionalInterface
public interface AgentConnector {

    /**
     * Connects to the agent of a guest that may still be booting and returns once it has answered.
     *
     * @param hungUp done when the guest has closed its end of a channel whose host's end does not
     *     show that
     * @param patience how long that may take
     * @throws RuntimeFailure DEADLINE_EXCEEDED or UNAVAILABLE
     */
    Agent connect(AgentEndpoint endpoint, Future<?> hungUp, Patience patience)
            throws RuntimeFailure;
}
