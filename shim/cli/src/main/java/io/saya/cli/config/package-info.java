/**
 * {@code saya config}: what the configuration is, what is wrong with it, what becomes of Kata's.
 */
@NullMarked
package io.saya.cli.config;

import org.jspecify.annotations.NullMarked;
