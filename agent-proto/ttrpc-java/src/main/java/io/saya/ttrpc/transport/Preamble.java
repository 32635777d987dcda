package io.saya.ttrpc.transport;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Promise;

/** The exchange on a new connection before its protocol begins. */
public interface Preamble {
    /** Nothing is said. */
    Preamble NONE = (channel, done) -> done.setSuccess(null);

    /**
     * Starts the exchange, on the channel's event loop, when the channel is connected. Handlers
     * that it needs are put at the head of the pipeline; they take exactly their own bytes, pass on
     * all others, and remove themselves.
     *
     * @param done to be completed when the protocol may begin, or with the reason why it cannot
     */
    void start(Channel channel, Promise<Void> done);

    /**
     * Gives up a channel on which the exchange was started: nobody will use it. Hangs up, at once
     * unless the other side cannot bear that before it has answered. Returns at once.
     */
    default void abandon(Channel channel) {
        var _ = channel.close();
    }
}
