/** What Prometheus and people ask on a node about all its sandboxes. */
@NullMarked
package io.saya.monitor;

import org.jspecify.annotations.NullMarked;
