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
mount -t tmpfs tmpfs /run
status=0
# This shell itself stays outside.
sh -c 'echo $$ > "$0/cgroup.procs"; exec unshare --cgroup "$@"' "$own" "$0" --cgroup-root "$@" || status=$?
# What a failed test left running ends here.
echo 1 > "$own/cgroup.kill"
tries=0
while grep -q "populated 1" "$own/cgroup.events" && [ $((tries += 1)) -lt 100 ]; do sleep 0.05; done
find "$own" -depth -type d -exec rmdir {} + || true
exit $status
