/**
 * Brings the sandbox's events to containerd: in order, none lost while it is away, nobody waits.
 */
@NullMarked
package io.saya.shim.event;

import org.jspecify.annotations.NullMarked;
