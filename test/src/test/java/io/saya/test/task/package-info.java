/** Shims without containerd: the tests play its part, down to the bytes on the socket. */
@NullMarked
package io.saya.test.task;

import org.jspecify.annotations.NullMarked;
