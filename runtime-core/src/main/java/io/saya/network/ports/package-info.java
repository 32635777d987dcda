/** Ports of the guest on localhost of the pod's network namespace, where port-forward dials. */
@NullMarked
package io.saya.network.ports;

import org.jspecify.annotations.NullMarked;
