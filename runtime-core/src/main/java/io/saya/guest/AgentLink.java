package io.saya.guest;

import io.saya.agent.Agent;
import io.saya.agent.GuestDetails;
import io.saya.failure.RuntimeFailure;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The agent of a guest, and what it said of itself, once it has answered. Thread safe. */
final class AgentLink {

    private final String sandboxId;
    private final CompletableFuture<Agent> agent = new CompletableFuture<>();
    private final CompletableFuture<GuestDetails> details = new CompletableFuture<>();

    AgentLink(String sandboxId) {
        this.sandboxId = sandboxId;
    }

    /** The agent has answered. */
    void connected(Agent answering) {
        agent.complete(answering);
    }

    /** The agent has made its sandbox. */
    void up(GuestDetails known) {
        details.complete(known);
    }

    /** The agent; empty until it has answered. */
    Optional<Agent> agent() {
        return Optional.ofNullable(agent.getNow(null));
    }

    /**
     * The agent.
     *
     * @throws RuntimeFailure UNAVAILABLE until it has answered
     */
    Agent require() {
        return agent().orElseThrow(
                        () ->
                                RuntimeFailure.unavailable(
                                        "sandbox " + sandboxId + ": the agent is not connected",
                                        null));
    }

    /** What the agent said of itself; empty until the guest is up. */
    Optional<GuestDetails> details() {
        return Optional.ofNullable(details.getNow(null));
    }

    /** Ends the connection, if there is one. */
    void close() {
        agent().ifPresent(Agent::close);
    }
}
