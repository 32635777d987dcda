/** Commands about all sandboxes at once: the monitor of the node, and the same on a terminal. */
@NullMarked
package io.saya.cli.monitor;

import org.jspecify.annotations.NullMarked;
