package io.saya.ttrpc;

import java.util.List;

/**
 * A connection of a server that is handed over to another server, in another process.
 *
 * @param descriptor its socket
 * @param lastStreamId the last that the client has used
 * @param requests calls without an answer, by rising stream ids: to be carried out from their
 *     beginning
 * @param unfinished the bytes of a frame of which the rest has not come
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
public record HeldConnection(
        int descriptor, int lastStreamId, List<Request> requests, byte[] unfinished) {

    /** A call without an answer; {@code frame} is the payload of its request. */
    @SuppressWarnings("ArrayRecordComponent")
    public record Request(int streamId, byte[] frame) {}
}
