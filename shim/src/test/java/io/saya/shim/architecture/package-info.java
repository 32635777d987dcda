@NullMarked
package io.saya.shim.architecture;

import org.jspecify.annotations.NullMarked;
