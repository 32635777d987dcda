/** What QEMU sees of the host's files. */
@NullMarked
package io.saya.qemu.root;

import org.jspecify.annotations.NullMarked;
