package io.saya.agent;

import io.saya.failure.RuntimeFailure;
import io.saya.failure.RuntimeFailure.Kind;
import io.saya.text.PlainText;
import io.saya.ttrpc.ConnectionFailure;
import io.saya.ttrpc.TtrpcException;
import io.saya.ttrpc.TtrpcStatusException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Makes calls to the agent and translates their failures to those of the domain
 * (agent-proto/api/agents.md#errors). The guest's text is cut and cleaned.
 */
final class AgentCall {

    private static final int MESSAGE_LENGTH = 2048;

    private AgentCall() {}

    /** A call on a generated client. */
    @FunctionalInterface
    interface Call<T> {
        T make() throws TtrpcException, InterruptedException;
    }

    static <T> T run(String name, Call<T> call) {
        try {
            return call.make();
        } catch (TtrpcException e) {
            throw failure(name, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw RuntimeFailure.unavailable("interrupted while the agent works on " + name, e);
        }
    }

    /**
     * Makes a call as {@link #run} does, on a process that may have ended: an unknown container or
     * process is NOT_FOUND, in whatever way the release of the agent says so.
     */
    static <T> T runOnProcess(String name, Call<T> call) {
        try {
            return run(name, call);
        } catch (RuntimeFailure e) {
            if (meaning(e) == AgentError.PROCESS_GONE) {
                throw new RuntimeFailure(Kind.NOT_FOUND, e.getMessage(), e);
            }
            throw e;
        }
    }

    /** Returns what the agent meant by the answer that a failure was made of. */
    static AgentError meaning(RuntimeFailure failure) {
        return failure.getCause() instanceof TtrpcStatusException status
                ? AgentError.of(status)
                : AgentError.OTHER;
    }

    static <T> CompletableFuture<T> translate(String name, CompletableFuture<T> answer) {
        return answer.exceptionallyCompose(
                thrown -> {
                    Throwable cause =
                            thrown instanceof CompletionException ? thrown.getCause() : thrown;
                    return CompletableFuture.failedFuture(
                            cause instanceof TtrpcException e
                                    ? failure(name, e)
                                    : RuntimeFailure.internal(
                                            "the agent's answer to " + name + ": " + cause, cause));
                });
    }

    private static RuntimeFailure failure(String name, TtrpcException e) {
        return switch (e) {
            case TtrpcStatusException status -> {
                String said = words(status).toString();
                // The default guest's agent names the call itself.
                String call = said.startsWith(name) ? "" : name + ": ";
                yield new RuntimeFailure(
                        kind(status), "agent, " + call + status.code() + ": " + said, e);
            }
            case ConnectionFailure lost ->
                    RuntimeFailure.unavailable(
                            "agent, " + name + ": the connection is lost: " + lost.getMessage(), e);
            default -> RuntimeFailure.internal("agent, " + name + ": " + e.getMessage(), e);
        };
    }

    private static Kind kind(TtrpcStatusException status) {
        if (AgentError.of(status) == AgentError.METHOD_UNKNOWN) {
            return Kind.UNIMPLEMENTED;
        }
        return switch (status.code()) {
            case NOT_FOUND -> Kind.NOT_FOUND;
            case ALREADY_EXISTS -> Kind.ALREADY_EXISTS;
            case FAILED_PRECONDITION -> Kind.FAILED_PRECONDITION;
            case INVALID_ARGUMENT -> Kind.INVALID_ARGUMENT;
            case DEADLINE_EXCEEDED -> Kind.DEADLINE_EXCEEDED;
            case UNIMPLEMENTED -> Kind.UNIMPLEMENTED;
            // Also what a guest calls unavailable: here that word means that the connection is
            // gone, and whoever hears it waits for nothing more.
            default -> Kind.INTERNAL;
        };
    }

    /**
     * Returns what a call to the agent failed with, in words: those of a guest are cut and cleaned.
     */
    static PlainText words(TtrpcException e) {
        return PlainText.lines(
                AgentError.withoutBacktrace(String.valueOf(e.getMessage())), MESSAGE_LENGTH);
    }
}
