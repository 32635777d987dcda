/**
 * What the runtime asks of a hypervisor, and what a virtual machine is made of. QEMU implements it
 * in a module of its own.
 */
@NullMarked
package io.saya.hypervisor;

import org.jspecify.annotations.NullMarked;
