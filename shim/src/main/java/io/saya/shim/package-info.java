/** The programs in this module's jar. */
@NullMarked
package io.saya.shim;

import org.jspecify.annotations.NullMarked;
