@NullMarked
package io.saya.network.ports;

import org.jspecify.annotations.NullMarked;
