@NullMarked
package io.saya.qemu.qmp;

import org.jspecify.annotations.NullMarked;
