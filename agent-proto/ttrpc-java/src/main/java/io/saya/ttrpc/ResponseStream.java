package io.saya.ttrpc;

/**
 * Client side of a server-streaming call.
 *
 * @param <R> type of the responses
 */
public interface ResponseStream<R> extends MessageReceiver<R>, AutoCloseable {
    /** Forgets the call: what still comes is dropped. Does nothing after the last message. */
    @Override
    void close();
}
