/**
 * QEMU as a hypervisor: what a guest's machine is made of, the process that runs it, and how that
 * process is watched and ended.
 */
@NullMarked
package io.saya.qemu;

import org.jspecify.annotations.NullMarked;
