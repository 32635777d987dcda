package io.saya.shim.service;

import io.saya.ttrpc.TtrpcException;
import java.util.Optional;

/** Runs calls at a place in a trace. */
public interface CallTracer {
    /** Runs them. */
    CallTracer OFF =
            new CallTracer() {
                @Override
                public <R> R traced(
                        String method,
                        String container,
                        String exec,
                        Optional<String> caller,
                        CallBody<R> body)
                        throws TtrpcException, InterruptedException {
                    return body.run();
                }
            };

    /**
     * Runs a call.
     *
     * @param caller what the caller sent as {@code traceparent}
     */
    <R> R traced(
            String method, String container, String exec, Optional<String> caller, CallBody<R> body)
            throws TtrpcException, InterruptedException;
}
