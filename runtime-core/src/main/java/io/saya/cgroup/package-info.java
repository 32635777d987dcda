/**
 * The sandbox's cgroup on the host: where it is in which hierarchy, how it is made and entered, and
 * how nothing of it is left.
 */
@NullMarked
package io.saya.cgroup;

import org.jspecify.annotations.NullMarked;
