@NullMarked
package io.saya.shim.trace;

import org.jspecify.annotations.NullMarked;
