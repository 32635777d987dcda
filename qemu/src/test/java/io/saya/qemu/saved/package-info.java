@NullMarked
package io.saya.qemu.saved;

import org.jspecify.annotations.NullMarked;
