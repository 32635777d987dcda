@NullMarked
package io.saya.cli.collect;

import org.jspecify.annotations.NullMarked;
