/** Tests of the pod's network. */
@NullMarked
package io.saya.network;

import org.jspecify.annotations.NullMarked;
