@NullMarked
package io.saya.qemu;

import org.jspecify.annotations.NullMarked;
