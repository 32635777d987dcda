/** The memory of a guest as files, from which other guests start. */
@NullMarked
package io.saya.qemu.saved;

import org.jspecify.annotations.NullMarked;
