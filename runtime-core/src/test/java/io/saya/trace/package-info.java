@NullMarked
package io.saya.trace;

import org.jspecify.annotations.NullMarked;
