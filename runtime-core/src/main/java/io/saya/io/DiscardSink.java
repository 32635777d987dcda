package io.saya.io;

import com.google.protobuf.ByteString;

/** Output that nobody asked for. It is read all the same, or the process would stall. */
record DiscardSink() implements OutputSink {

    @Override
    public void write(ByteString chunk) {}

    @Override
    public void finish(Runnable clientAway) {}

    @Override
    public ByteString hold() {
        return ByteString.EMPTY;
    }

    @Override
    public void release() {}

    @Override
    public void close() {}
}
