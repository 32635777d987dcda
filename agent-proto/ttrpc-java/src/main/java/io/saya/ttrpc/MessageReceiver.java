package io.saya.ttrpc;

import org.jspecify.annotations.Nullable;

/**
 * The peer's messages of one stream, for one thread at a time.
 *
 * @param <T> type of the messages
 */
@FunctionalInterface
public interface MessageReceiver<T> {
    /**
     * Waits for the next message.
     *
     * @return null when the peer has sent its last one
     * @throws TtrpcException if the stream failed, its deadline passed, or the connection ended
     */
    @Nullable T receive() throws TtrpcException, InterruptedException;
}
