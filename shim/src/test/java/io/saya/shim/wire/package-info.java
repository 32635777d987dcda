@NullMarked
package io.saya.shim.wire;

import org.jspecify.annotations.NullMarked;
