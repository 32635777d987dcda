/**
 * Reads TOML into a flat list of entries with their positions: a fast reader for what configuration
 * files usually hold, tomlj for everything else.
 */
@NullMarked
package io.saya.config.toml;

import org.jspecify.annotations.NullMarked;
