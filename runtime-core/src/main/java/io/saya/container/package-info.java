/** Containers and the processes in them: their states, what may follow what, and how they end. */
@NullMarked
package io.saya.container;

import org.jspecify.annotations.NullMarked;
