package io.saya.network.sockets;

import io.saya.failure.RuntimeFailure;
import io.saya.io.GuestStreams;

/**
 * Sockets of the guest's that stand for sockets of the host's, as its agent offers them
 * (agent/ports.proto). UNIMPLEMENTED with agents other than the default guest's.
 */
public interface SocketGuest {

    /** Numbers of sockets are from 1 to this. */
    int SOCKETS = 64;

    /**
     * Takes connections to the sockets that are offered, until the streams are closed. Of each one
     * 16 bytes can be read: which socket, which connection, user and group of who connected.
     */
    GuestStreams serveSockets() throws RuntimeFailure;

    /**
     * Makes the socket of this number, or changes who may connect to it.
     *
     * @param socket whose mode and owner it has
     */
    void offerSocket(int number, HostSocket socket) throws RuntimeFailure;

    /**
     * Puts it over a file that a container sees, unless that is so already.
     *
     * @param path absolute, in the container
     * @throws RuntimeFailure NOT_FOUND if the container sees no such file
     */
    void mountSocket(int number, String containerId, String path) throws RuntimeFailure;

    /** The two directions of a connection that was told of; closing them closes it. */
    GuestStreams socketConnection(int connection);

    /** Returns where in the guest the socket of this number is, once it is offered. */
    static String place(int number) {
        return "/run/kata-containers/sandbox/sockets/" + number;
    }
}
