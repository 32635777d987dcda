package io.saya.ttrpc;

import io.saya.ttrpc.wire.FrameWriter;
import io.saya.ttrpc.wire.OutboundFrame;
import java.io.IOException;

/**
 * A response that the connection itself gives: to what never became a call, or to a stream it
 * ended.
 */
final class FailureFrame extends OutboundFrame {
    private final int streamId;
    private final StatusCode code;
    private final String message;

    FailureFrame(int streamId, StatusCode code, String message) {
        this.streamId = streamId;
        this.code = code;
        this.message = message;
    }

    int length() {
        return FrameWriter.failureLength(code.number(), message);
    }

    @Override
    protected void writeTo(FrameWriter writer) throws IOException {
        writer.failure(streamId, code.number(), message);
    }
}
