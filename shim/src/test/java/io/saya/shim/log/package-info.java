@NullMarked
package io.saya.shim.log;

import org.jspecify.annotations.NullMarked;
