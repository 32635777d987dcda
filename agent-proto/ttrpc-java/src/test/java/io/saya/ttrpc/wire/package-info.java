/** Tests of bytes, without sockets. */
@NullMarked
package io.saya.ttrpc.wire;

import org.jspecify.annotations.NullMarked;
