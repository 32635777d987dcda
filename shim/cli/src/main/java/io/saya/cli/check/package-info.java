/** {@code saya check}: whether this host can run containers, and what to do where it cannot. */
@NullMarked
package io.saya.cli.check;

import org.jspecify.annotations.NullMarked;
