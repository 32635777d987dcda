/**
 * Logging as the domain sees it: a message and its fields. Nothing here formats, blocks or loads a
 * logging library, so it may be used from the first line of the daemon; what is logged before a
 * {@link io.saya.log.LogSink} is installed is kept, within a bound, and handed over then.
 */
@NullMarked
package io.saya.log;

import org.jspecify.annotations.NullMarked;
