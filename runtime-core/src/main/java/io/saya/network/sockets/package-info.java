/** Unix sockets of the host in volumes, which programs of the guest connect to. */
@NullMarked
package io.saya.network.sockets;

import org.jspecify.annotations.NullMarked;
