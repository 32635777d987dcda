/** QMP, the protocol in which QEMU takes commands and tells events: JSON objects, one a line. */
@NullMarked
package io.saya.qemu.qmp;

import org.jspecify.annotations.NullMarked;
