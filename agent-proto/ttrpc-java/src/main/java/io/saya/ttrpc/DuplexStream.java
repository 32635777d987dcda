package io.saya.ttrpc;

/**
 * Client side of a bidirectional call; one thread may send while another receives.
 *
 * @param <Q> type of the requests
 * @param <R> type of the responses
 */
public interface DuplexStream<Q, R> extends MessageSender<Q>, MessageReceiver<R>, AutoCloseable {
    /**
     * Says that no request follows; responses may. Does nothing if it was said before.
     *
     * @throws TtrpcException if the stream has failed
     */
    void closeSending() throws TtrpcException, InterruptedException;

    /** Forgets the call: what still comes is dropped. Does nothing after the last response. */
    @Override
    void close();
}
