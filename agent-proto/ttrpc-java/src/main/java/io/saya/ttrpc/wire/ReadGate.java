package io.saya.ttrpc.wire;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;

/**
 * Stops reading from a channel for as long as anyone has a reason to hold it; on the event loop
 * only.
 *
 * <p>While it is held the peer's bytes stay in the kernel, so that a peer that sends faster than it
 * is served is slowed down and costs no memory.
 */
public final class ReadGate {
    private final Channel channel;
    private int holders;

    /** Creates an open gate. */
    public ReadGate(Channel channel) {
        this.channel = channel;
    }

    EventLoop loop() {
        return channel.eventLoop();
    }

    /** Adds a reason not to read. */
    public void hold() {
        holders++;
        if (holders == 1) {
            channel.config().setAutoRead(false);
        }
    }

    /** Takes one reason back. */
    public void release() {
        holders--;
        if (holders == 0) {
            channel.config().setAutoRead(true);
        }
    }
}
