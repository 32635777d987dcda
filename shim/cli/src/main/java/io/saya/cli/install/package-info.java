/**
 * {@code saya install} and {@code saya uninstall}: tell container managers of this runtime, and
 * take it back.
 */
@NullMarked
package io.saya.cli.install;

import org.jspecify.annotations.NullMarked;
