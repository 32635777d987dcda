@NullMarked
package io.saya.network.sockets;

import org.jspecify.annotations.NullMarked;
