@NullMarked
package io.saya.qemu.args;

import org.jspecify.annotations.NullMarked;
