/**
 * One call of the command, as every subcommand sees it: options that all have, where output goes,
 * exit codes, the version.
 */
@NullMarked
package io.saya.cli.call;

import org.jspecify.annotations.NullMarked;
