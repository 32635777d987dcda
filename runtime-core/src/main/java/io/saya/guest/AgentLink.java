package io.saya.guest;

import io.saya.agent.Agent;
import io.saya.agent.GuestDetails;
import io.saya.failure.RuntimeFailure;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Holds the agent of a guest once it has answered, and what it said of itself. Thread safe. */
final class AgentLink {

    private final String sandboxId;
    private final CompletableFuture<Agent> agent = new CompletableFuture<>();
    private final CompletableFuture<GuestDetails> details = new CompletableFuture<>();

    AgentLink(String sandboxId) {
        this.sandboxId = sandboxId;
    }

    /** Notes the agent, which has answered. */
    void connected(Agent answering) {
        agent.complete(answering);
    }

    /** Notes what the agent said of itself when it had made its sandbox. */
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

    /** Returns what the agent said of itself; empty until the guest is up. */
    Optional<GuestDetails> details() {
        return Optional.ofNullable(details.getNow(null));
    }

    /** Ends the connection, if there is one. */
    void close() {
        agent().ifPresent(Agent::close);
    }
}
