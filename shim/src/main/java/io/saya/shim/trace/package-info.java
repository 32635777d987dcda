/**
 * Traces: spans of the start and of containerd's calls, sent as OTLP over HTTP. Nothing of it is
 * loaded in a daemon that does not trace.
 */
@NullMarked
package io.saya.shim.trace;

import org.jspecify.annotations.NullMarked;
