/**
 * ttrpc servers and clients: {@link io.saya.ttrpc.TtrpcServer}, {@link io.saya.ttrpc.TtrpcClient}.
 *
 * <p>Bytes are moved by one event loop ({@link io.saya.ttrpc.transport.Transport}); every call is
 * served on a virtual thread of its own, and made by a thread that simply waits. Nothing of a
 * user's ever runs on the event loop, except the methods of a {@link io.saya.ttrpc.TtrpcObserver}.
 */
@NullMarked
package io.saya.ttrpc;

import org.jspecify.annotations.NullMarked;
