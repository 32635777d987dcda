/** Tests. */
@NullMarked
package io.saya.cgroup.dbus;

import org.jspecify.annotations.NullMarked;
