package io.saya.ttrpc;

/**
 * Client side of a client-streaming call.
 *
 * @param <Q> type of the requests
 * @param <R> type of the response
 */
public interface RequestStream<Q, R> extends MessageSender<Q>, AutoCloseable {
    /**
     * Says that no request follows, and waits for the response.
     *
     * @throws TtrpcException if the call failed, its deadline passed, or the connection ended
     */
    R finish() throws TtrpcException, InterruptedException;

    /** Forgets the call: what still comes is dropped. Does nothing after the response. */
    @Override
    void close();
}
