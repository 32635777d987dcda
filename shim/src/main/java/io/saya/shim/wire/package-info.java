/** Customs of containerd's wire that every service shares. */
@NullMarked
package io.saya.shim.wire;

import org.jspecify.annotations.NullMarked;
