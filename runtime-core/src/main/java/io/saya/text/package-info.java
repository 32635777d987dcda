/** Text that others wrote. */
@NullMarked
package io.saya.text;

import org.jspecify.annotations.NullMarked;
