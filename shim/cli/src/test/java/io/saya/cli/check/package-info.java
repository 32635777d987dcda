@NullMarked
package io.saya.cli.check;

import org.jspecify.annotations.NullMarked;
