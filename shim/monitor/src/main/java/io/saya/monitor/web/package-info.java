/** The monitor's HTTP server: metrics, sandboxes, page. */
@NullMarked
package io.saya.monitor.web;

import org.jspecify.annotations.NullMarked;
