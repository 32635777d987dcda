/** Moments in the daemon's life at which a test can make it wait or fail. */
@NullMarked
package io.saya.failpoint;

import org.jspecify.annotations.NullMarked;
