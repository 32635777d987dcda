/** The node's monitor with real sandboxes, a real Prometheus and a real browser. */
@NullMarked
package io.saya.test.monitor;

import org.jspecify.annotations.NullMarked;
