package io.saya.ttrpc.wire;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Writes down what a decoder finds, a line each. */
final class FrameRecorder implements FrameListener {
    private final List<String> lines = new ArrayList<>();

    @Override
    public void onFrame(int streamId, byte type, byte flags, byte[] payload) {
        lines.add(
                "frame %d type %d flags %d [%s]"
                        .formatted(
                                Integer.toUnsignedLong(streamId),
                                type,
                                flags,
                                HexFormat.of().formatHex(payload)));
    }

    @Override
    public void onOversizedFrame(int streamId, byte type, long length) {
        lines.add(
                "oversized %d type %d length %d"
                        .formatted(Integer.toUnsignedLong(streamId), type, length));
    }

    @Override
    public void onUnknownFrame(int streamId, byte type, long length) {
        lines.add(
                "unknown %d type %d length %d"
                        .formatted(Integer.toUnsignedLong(streamId), type & 0xff, length));
    }

    List<String> lines() {
        return lines;
    }
}
