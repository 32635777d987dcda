package io.saya.bench;

import com.google.protobuf.BytesValue;

/** A server that answers with the request, and a client connected to it over a Unix socket. */
interface EchoPair extends AutoCloseable {
    /** Makes one call and waits for the answer. */
    BytesValue echo(BytesValue message) throws Exception;
}
