package io.saya.network.names;

import io.saya.failure.RuntimeFailure;
import io.saya.io.GuestStreams;

/** Has the guest take questions for the name server at an address of its loopback. */
@FunctionalInterface
public interface NameServer {

    /**
     * Begins.
     *
     * @param address IPv4
     * @return questions, and what takes answers
     * @throws RuntimeFailure if the guest cannot
     */
    GuestStreams serve(String address) throws RuntimeFailure;
}
