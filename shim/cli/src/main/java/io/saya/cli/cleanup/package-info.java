/** {@code saya cleanup}: what no living shim owns. */
@NullMarked
package io.saya.cli.cleanup;

import org.jspecify.annotations.NullMarked;
