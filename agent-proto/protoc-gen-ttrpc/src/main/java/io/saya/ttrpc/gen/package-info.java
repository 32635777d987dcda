/**
 * Plugin of protoc: for each service of a proto file, a server interface and a client over ttrpc.
 *
 * <p>Pure functions from a {@code CodeGeneratorRequest} to a {@code CodeGeneratorResponse}; only
 * {@link io.saya.ttrpc.gen.GeneratorMain} touches the process's streams.
 */
@NullMarked
package io.saya.ttrpc.gen;

import org.jspecify.annotations.NullMarked;
