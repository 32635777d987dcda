package io.saya.shim.event;

import io.saya.proto.containerd.events.Envelope;

/** One way to hand an event to containerd. Used by one thread. */
interface EventForwarder extends AutoCloseable {

    /**
     * Delivers one event and returns when containerd has taken it; bounded in time.
     *
     * @throws ForwardFailure if containerd has not taken it, or nobody knows whether it has
     */
    void forward(Envelope envelope) throws ForwardFailure, InterruptedException;

    @Override
    void close();
}
