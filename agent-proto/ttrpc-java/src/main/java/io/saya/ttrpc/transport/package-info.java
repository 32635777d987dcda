/**
 * Sockets for ttrpc: one event loop, Unix and vsock connections, and what is said on them before
 * ttrpc begins. Knows nothing of frames or calls.
 */
@NullMarked
package io.saya.ttrpc.transport;

import org.jspecify.annotations.NullMarked;
