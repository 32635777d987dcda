@NullMarked
package io.saya.cli.env;

import org.jspecify.annotations.NullMarked;
