@NullMarked
package io.saya.shim;

import org.jspecify.annotations.NullMarked;
