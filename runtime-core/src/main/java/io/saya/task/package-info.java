/**
 * What clients do with the containers of a sandbox: create, start, exec, signal, delete. Nothing
 * below knows this package.
 */
@NullMarked
package io.saya.task;

import org.jspecify.annotations.NullMarked;
