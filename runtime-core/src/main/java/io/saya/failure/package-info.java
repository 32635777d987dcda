/** The one family of failures that the domain reports to its caller. */
@NullMarked
package io.saya.failure;

import org.jspecify.annotations.NullMarked;
