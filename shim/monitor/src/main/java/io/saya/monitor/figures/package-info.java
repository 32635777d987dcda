/** The few figures of each sandbox that people look at, with their recent past. */
@NullMarked
package io.saya.monitor.figures;

import org.jspecify.annotations.NullMarked;
