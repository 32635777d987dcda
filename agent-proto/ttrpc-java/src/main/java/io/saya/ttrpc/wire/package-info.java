/**
 * ttrpc's bytes: frames, the envelopes of requests and responses, and nothing about calls.
 *
 * <pre>
 *  0               4               8       9       10
 *  +---------------+---------------+-------+-------+----------------+
 *  | payload length| stream id     | type  | flags | payload ...    |
 *  +---------------+---------------+-------+-------+----------------+
 *  big endian; at most 4 MiB of payload in either direction
 * </pre>
 *
 * <p>The envelopes (package {@code ttrpc} of the protocol) are coded by hand: that saves their
 * message objects and a copy of each payload, and keeps protobuf's descriptors out of the start of
 * a process.
 */
@NullMarked
package io.saya.ttrpc.wire;

import org.jspecify.annotations.NullMarked;
