/**
 * The management socket of a daemon: what an operator may ask a living sandbox, over HTTP on a Unix
 * socket in its run directory. Loaded when the guest is up.
 */
@NullMarked
package io.saya.shim.management;

import org.jspecify.annotations.NullMarked;
