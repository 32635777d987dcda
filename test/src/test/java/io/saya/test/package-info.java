/** The built product under a real containerd, with real VMs. */
@NullMarked
package io.saya.test;

import org.jspecify.annotations.NullMarked;
