#!/bin/sh
# Runs a command in namespaces of its own that look like a guest: an empty /run, a cgroup hierarchy (version 2) of its own.
# Started by ../test.sh under unshare.
set -eu

if [ "$1" = --cgroup-root ]; then
  shift
  # The root of a hierarchy may not hold processes once it has children with controllers.
  umount -l /sys/fs/cgroup 2>/dev/null || true
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  mkdir /sys/fs/cgroup/tests
  echo $$ > /sys/fs/cgroup/tests/cgroup.procs
  exec "$@"
fi

mount --make-rprivate /
mount -t tmpfs tmpfs "$ROOTFS_PARENT"
mkdir -p "$ROOTFS" "$ROOTFS_PARENT/cgroup"
cd "$ROOTFS"
mkdir bin dev etc proc sys tmp
cp /bin/busybox bin/
for applet in $(bin/busybox --list); do ln -s busybox "bin/$applet" 2>/dev/null || true; done
cd "$TEST_DIRECTORY"

# A part of the machine's hierarchy becomes the root that the agent and crun see.
hierarchy=$ROOTFS_PARENT/cgroup
mount -t cgroup2 cgroup2 "$hierarchy"
own=$hierarchy/saya-agent-test.$(basename "$ROOTFS_PARENT")
mkdir "$own"
echo $$ > "$own/cgroup.procs"
mount -t tmpfs tmpfs /run
status=0
unshare --cgroup "$0" --cgroup-root "$@" || status=$?
echo $$ > "$hierarchy/cgroup.procs"
# What a failed test left running ends here.
echo 1 > "$own/cgroup.kill"
find "$own" -depth -type d -exec rmdir {} + || true
exit $status
