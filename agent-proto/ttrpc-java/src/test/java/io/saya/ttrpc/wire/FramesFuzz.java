package io.saya.ttrpc.wire;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;

/** What a peer sends: frames, cut as it likes, and the envelopes in them. */
public final class FramesFuzz {
    private FramesFuzz() {}

    /** The first byte says how long the pieces are in which the others come. */
    public static void fuzzerTestOneInput(byte[] input) {
        EmbeddedChannel channel = new EmbeddedChannel(new FrameDecoder(new Envelopes()));
        int step = input.length == 0 ? 1 : 1 + (input[0] & 0xff);
        for (int at = 1; at < input.length; at += step) {
            channel.writeInbound(
                    Unpooled.copiedBuffer(input, at, Math.min(step, input.length - at)));
        }
        channel.finishAndReleaseAll();
    }

    /** Reads each frame as request and as response, and all that is in them. */
    private static final class Envelopes implements FrameListener {
        private final RequestEnvelope request = new RequestEnvelope();
        private final ResponseEnvelope response = new ResponseEnvelope();

        @Override
        public void onFrame(int streamId, byte type, byte flags, byte[] payload) {
            try {
                request.read(payload);
                within(request.payloadOffset(), request.payloadLength(), payload);
                String told = request.service() + request.method() + request.metadata();
                if (told.length() > 2 + 3 * payload.length) {
                    throw new AssertionError(told);
                }
            } catch (MalformedEnvelopeException _) {
                // Refused.
            }
            try {
                response.read(payload);
                within(response.payloadOffset(), response.payloadLength(), payload);
                if (response.message().length() > 8 << 10) {
                    throw new AssertionError("a message of " + response.message().length());
                }
            } catch (MalformedEnvelopeException _) {
                // Refused.
            }
        }

        private static void within(int offset, int length, byte[] payload) {
            if (offset < 0 || length < 0 || offset + length > payload.length) {
                throw new AssertionError(offset + " and " + length + " of " + payload.length);
            }
        }

        @Override
        public void onOversizedFrame(int streamId, byte type, long length) {}

        @Override
        public void onUnknownFrame(int streamId, byte type, long length) {}
    }
}
