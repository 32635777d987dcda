/**
 * The table of options: every key that a configuration file may hold, and all that is known about
 * it.
 */
@NullMarked
package io.saya.config.option;

import org.jspecify.annotations.NullMarked;
