@NullMarked
package io.saya.cli.config;

import org.jspecify.annotations.NullMarked;
