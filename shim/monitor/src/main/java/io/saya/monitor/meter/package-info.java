/** What the monitor counts of itself, by micrometer. */
@NullMarked
package io.saya.monitor.meter;

import org.jspecify.annotations.NullMarked;
