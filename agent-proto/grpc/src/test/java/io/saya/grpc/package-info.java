@NullMarked
package io.saya.grpc;

import org.jspecify.annotations.NullMarked;
