package io.saya.ttrpc;

/**
 * This side's messages of one stream.
 *
 * @param <T> type of the messages
 */
@FunctionalInterface
public interface MessageSender<T> {
    /**
     * Sends a message; waits while too many bytes are on their way on this connection.
     *
     * @throws TtrpcException if the stream has ended, the message is larger than 4 MiB, the
     *     deadline passed, or the connection ended
     */
    void send(T message) throws TtrpcException, InterruptedException;
}
