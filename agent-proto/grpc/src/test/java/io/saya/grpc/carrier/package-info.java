@NullMarked
package io.saya.grpc.carrier;

import org.jspecify.annotations.NullMarked;
