package io.saya.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.failure.RuntimeFailure;
import io.saya.failure.RuntimeFailure.Kind;
import io.saya.ttrpc.ConnectionFailure;
import io.saya.ttrpc.StatusCode;
import io.saya.ttrpc.TtrpcException;
import io.saya.ttrpc.TtrpcStatusException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class AgentCallTest {

    /** Else an answer with this status would end the wait for an exit that is still to come. */
    @Test
    void unavailableIsALostConnectionAndNothingThatAGuestSays() {
        assertThat(kind(new TtrpcStatusException(StatusCode.UNAVAILABLE, "later")))
                .isEqualTo(Kind.INTERNAL);
        assertThat(kind(new ConnectionFailure("reset"))).isEqualTo(Kind.UNAVAILABLE);
    }

    /** By ttrpc's library in Rust before 0.7, which Kata 2 has. */
    @Test
    void aMethodThatAnAgentDoesNotHaveIsUnimplementedHoweverItSaysSo() {
        assertThat(
                        kind(
                                new TtrpcStatusException(
                                        StatusCode.INVALID_ARGUMENT,
                                        "/grpc.AgentService/SetPolicy does not exist")))
                .isEqualTo(Kind.UNIMPLEMENTED);
        assertThat(kind(new TtrpcStatusException(StatusCode.UNIMPLEMENTED, "")))
                .isEqualTo(Kind.UNIMPLEMENTED);
        assertThat(
                        kind(
                                new TtrpcStatusException(
                                        StatusCode.INVALID_ARGUMENT, "/sys/x does not exist")))
                .isEqualTo(Kind.INVALID_ARGUMENT);
    }

    private static Kind kind(TtrpcException answer) {
        RuntimeFailure[] failure = new RuntimeFailure[1];
        assertThatThrownBy(
                        () ->
                                AgentCall.translate(
                                                "WaitProcess",
                                                CompletableFuture.failedFuture(answer))
                                        .get())
                .cause()
                .isInstanceOfSatisfying(RuntimeFailure.class, e -> failure[0] = e);
        return failure[0].kind();
    }
}
