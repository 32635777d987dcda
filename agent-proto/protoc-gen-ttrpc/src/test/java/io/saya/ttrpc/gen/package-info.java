/** Tests of the generator, without protoc. */
@NullMarked
package io.saya.ttrpc.gen;

import org.jspecify.annotations.NullMarked;
