/** gRPC to a guest's agent, by grpc-java over a carrier of this project's. */
@NullMarked
package io.saya.grpc;

import org.jspecify.annotations.NullMarked;
