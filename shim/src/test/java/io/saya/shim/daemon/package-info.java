@NullMarked
package io.saya.shim.daemon;

import org.jspecify.annotations.NullMarked;
