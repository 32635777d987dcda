/** How the command prints: trees as TOML or JSON, tables of columns. */
@NullMarked
package io.saya.cli.text;

import org.jspecify.annotations.NullMarked;
