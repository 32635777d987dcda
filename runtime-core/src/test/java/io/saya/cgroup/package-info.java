@NullMarked
package io.saya.cgroup;

import org.jspecify.annotations.NullMarked;
