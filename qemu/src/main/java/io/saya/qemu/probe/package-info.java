/** Finds out whether KVM really executes guests on this host. */
@NullMarked
package io.saya.qemu.probe;

import org.jspecify.annotations.NullMarked;
