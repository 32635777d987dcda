/**
 * The standard streams of a process, between what containerd's client names (FIFOs, files, loggers)
 * and the guest. See the section "io" of the module's README for the decisions.
 */
@NullMarked
package io.saya.io;

import org.jspecify.annotations.NullMarked;
