/** {@code saya collect}: what a report of a bug needs. */
@NullMarked
package io.saya.cli.collect;

import org.jspecify.annotations.NullMarked;
