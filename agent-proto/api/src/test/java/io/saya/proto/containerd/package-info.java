/** Tests of the generated stubs, with containerd itself as the peer where it is one. */
@NullMarked
package io.saya.proto.containerd;

import org.jspecify.annotations.NullMarked;
