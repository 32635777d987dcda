/**
 * The daemon of one sandbox: the only place that puts all parts together, and what it does at its
 * beginning and at its end.
 */
@NullMarked
package io.saya.shim.daemon;

import org.jspecify.annotations.NullMarked;
