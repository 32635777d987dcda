/** Channels within a channel: yamux streams, and one that is all of its carrier. */
@NullMarked
package io.saya.grpc.carrier;

import org.jspecify.annotations.NullMarked;
