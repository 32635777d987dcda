package io.saya.grpc;

import com.google.protobuf.MessageLite;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.saya.ttrpc.StatusCode;
import io.saya.ttrpc.TtrpcException;
import io.saya.ttrpc.TtrpcStatusException;
import io.saya.ttrpc.wire.MethodName;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The answer to one call: exactly one message, or a failure. */
final class Answer<T> extends ClientCall.Listener<T> {

    private final GrpcClient client;
    private final MethodName method;
    private final long begun = System.nanoTime();
    private final CompletableFuture<T> future = new CompletableFuture<>();
    private @Nullable T message;
    private boolean several;

    Answer(GrpcClient client, MethodName method, ClientCall<MessageLite, T> call) {
        this.client = client;
        this.method = method;
        var _ =
                future.whenComplete(
                        (_, _) -> {
                            if (future.isCancelled()) {
                                call.cancel("given up", null);
                            }
                        });
    }

    CompletableFuture<T> future() {
        return future;
    }

    @Override
    public void onMessage(T received) {
        several = message != null;
        message = received;
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        T received = message;
        if (status.isOk() && received != null && !several) {
            client.callEnded(method, System.nanoTime() - begun, 0);
            future.complete(received);
            return;
        }
        TtrpcException failure = failure(status);
        client.callEnded(
                method,
                System.nanoTime() - begun,
                failure instanceof TtrpcStatusException said
                        ? said.code().number()
                        : StatusCode.UNAVAILABLE.number());
        future.completeExceptionally(failure);
    }

    private TtrpcException failure(Status status) {
        if (status.isOk()) {
            return new TtrpcStatusException(
                    StatusCode.INTERNAL,
                    method
                            + ": "
                            + (several ? "several answers" : "no answer")
                            + " (expected: one)");
        }
        if (client.isOver()) {
            return client.end();
        }
        String text = status.getDescription();
        Throwable cause = status.getCause();
        return new TtrpcStatusException(
                StatusCode.ofNumber(status.getCode().value()),
                text != null ? text : cause != null ? String.valueOf(cause.getMessage()) : "",
                cause);
    }
}
