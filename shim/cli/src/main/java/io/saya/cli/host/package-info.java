/**
 * What the command learns of the host by itself: files below {@code /}, and programs that it runs.
 */
@NullMarked
package io.saya.cli.host;

import org.jspecify.annotations.NullMarked;
