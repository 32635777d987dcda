/**
 * The pod's network: what is found in its network namespace, how it is joined to the VM, and what
 * the guest is told.
 */
@NullMarked
package io.saya.network;

import org.jspecify.annotations.NullMarked;
