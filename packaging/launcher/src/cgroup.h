/* The sandbox's cgroup, after its processes. */
#ifndef SAYA_CGROUP_H
#define SAYA_CGROUP_H

/* Removes one directory of it, until the deadline (of now_ms) while processes that were killed are still on their
 * way out of it. If the calling process stands in it (a guard whose daemon died may), it goes home first, or to the
 * top of the hierarchy if there is no home any more. Other processes and cgroups in it keep it.
 * 0: it is gone; -1 and errno: it stays. */
int cgroup_remove(const char *path, const char *home, long long deadline);

#endif
