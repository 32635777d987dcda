/** Asks the sandboxes: in parallel, within bounds of time and size. */
@NullMarked
package io.saya.monitor.scrape;

import org.jspecify.annotations.NullMarked;
