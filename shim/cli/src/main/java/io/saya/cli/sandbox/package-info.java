/** Commands about the sandboxes that live on this host: list, ps, logs, exec, log-level. */
@NullMarked
package io.saya.cli.sandbox;

import org.jspecify.annotations.NullMarked;
