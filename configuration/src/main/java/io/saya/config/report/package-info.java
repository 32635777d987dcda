/**
 * Texts made from the table of options: the shipped file, the table in the README, the report of
 * what a Kata configuration maps to.
 */
@NullMarked
package io.saya.config.report;

import org.jspecify.annotations.NullMarked;
