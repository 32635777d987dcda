/** The context of a trace, as far as the domain hands it on to the guest's agent. */
@NullMarked
package io.saya.trace;

import org.jspecify.annotations.NullMarked;
