/** Names by a server that listens on the loopback of the pod's network namespace. */
@NullMarked
package io.saya.network.names;

import org.jspecify.annotations.NullMarked;
