package io.saya.shim.service;

import io.saya.ttrpc.TtrpcException;

/** What a call does; may fail with a failure of the domain or with one of the wire. */
@FunctionalInterface
public interface CallBody<R> {
    /** Does it. Blocks for as long as the call takes. */
    R run() throws TtrpcException, InterruptedException;
}
