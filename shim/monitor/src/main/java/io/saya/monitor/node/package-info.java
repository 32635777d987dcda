/** Finds the node's sandboxes by their run directories. */
@NullMarked
package io.saya.monitor.node;

import org.jspecify.annotations.NullMarked;
