/** Pods through containerd's CRI plugin, as a kubelet makes them. */
@NullMarked
package io.saya.test.cri;

import org.jspecify.annotations.NullMarked;
