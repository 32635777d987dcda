@NullMarked
package io.saya.cli.cleanup;

import org.jspecify.annotations.NullMarked;
