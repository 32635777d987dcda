/**
 * The operator's command {@code saya}: what stands between a command line and its answer. Each
 * group of subcommands has a package of its own; {@link io.saya.cli.Main} has the list. Nothing
 * here is ever loaded by a daemon.
 */
@NullMarked
package io.saya.cli;

import org.jspecify.annotations.NullMarked;
