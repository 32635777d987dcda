/**
 * What the daemon asks of the host's kernel and cannot do from Java at a price that every pod would
 * pay: mounts, processes with inherited descriptors, namespaces. One implementation speaks to the
 * guard, the small process that started the JVM.
 */
@NullMarked
package io.saya.host;

import org.jspecify.annotations.NullMarked;
