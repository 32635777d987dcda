package io.saya.ttrpc;

import java.util.List;

/**
 * A connection of a client that is handed over to another process.
 *
 * @param descriptor its socket
 * @param nextStreamId of the next call
 * @param calls those without an answer: who makes the same call again gets the answer to it
 * @param unfinished the bytes of a frame of which the rest has not come
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
public record HeldClient(int descriptor, int nextStreamId, List<Call> calls, byte[] unfinished) {

    /**
     * A call without an answer.
     *
     * @param request the message that was sent
     * @param answerBytes the longest frame that may come as its answer
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Call(
            int streamId, String service, String method, byte[] request, int answerBytes) {}
}
