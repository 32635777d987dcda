/**
 * As much of D-Bus (the specification's version 0.43: wire format, SASL's EXTERNAL) as a call to
 * systemd needs. No other part of the runtime speaks it.
 */
@NullMarked
package io.saya.cgroup.dbus;

import org.jspecify.annotations.NullMarked;
