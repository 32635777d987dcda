package io.saya.io;

import com.google.protobuf.ByteString;

/** Output that nobody asked for. It is read all the same, or the process would stall. */
record DiscardSink(KeptOutput kept) implements OutputSink {

    @Override
    public void write(ByteString chunk) {
        kept.written(chunk.size());
    }

    @Override
    public void finish(Runnable written, Runnable clientAway) {}

    @Override
    public ByteString hold() {
        return ByteString.EMPTY;
    }

    @Override
    public void release() {}

    @Override
    public KeptOutput output() {
        return kept;
    }

    @Override
    public void close() {
        kept.ended();
        kept.release(); // what another daemon has left of a stream that had ended there
    }
}
