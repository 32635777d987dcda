/**
 * QEMU's command line: one type per switch, in QEMU's own words (qemu-system-x86_64(1)). Rendering
 * only; what a guest is made of is decided in {@link io.saya.qemu}.
 */
@NullMarked
package io.saya.qemu.args;

import org.jspecify.annotations.NullMarked;
