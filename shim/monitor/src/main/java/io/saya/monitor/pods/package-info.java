/** The pod that a sandbox is to Kubernetes: its bundle's annotations, and containerd's CRI. */
@NullMarked
package io.saya.monitor.pods;

import org.jspecify.annotations.NullMarked;
