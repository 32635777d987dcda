package io.saya.network.ports;

import io.saya.failure.RuntimeFailure;
import io.saya.io.GuestStreams;

/** Connects to ports of the guest's localhost. */
@FunctionalInterface
public interface PortDialer {

    /**
     * Connects.
     *
     * @param port 1 to 65535
     * @throws RuntimeFailure if nobody listens there
     */
    GuestStreams dial(int port) throws RuntimeFailure;
}
