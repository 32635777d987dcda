@NullMarked
package io.saya.config.toml;

import org.jspecify.annotations.NullMarked;
