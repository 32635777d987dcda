/**
 * Where the daemon's lines go: containerd's log (by way of the guard) and the host's system log, by
 * way of log4j's event pipeline. Nothing that logs ever waits for a reader.
 */
@NullMarked
package io.saya.shim.log;

import org.jspecify.annotations.NullMarked;
