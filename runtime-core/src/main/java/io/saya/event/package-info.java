/** What happened to tasks, as containerd's subscribers learn of it. Depends on nothing of ours. */
@NullMarked
package io.saya.event;

import org.jspecify.annotations.NullMarked;
