@NullMarked
package io.saya.shim.metrics;

import org.jspecify.annotations.NullMarked;
