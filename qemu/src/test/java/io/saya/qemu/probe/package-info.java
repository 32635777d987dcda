@NullMarked
package io.saya.qemu.probe;

import org.jspecify.annotations.NullMarked;
