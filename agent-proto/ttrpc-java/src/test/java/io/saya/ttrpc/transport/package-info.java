@NullMarked
package io.saya.ttrpc.transport;

import org.jspecify.annotations.NullMarked;
