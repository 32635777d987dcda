#!/usr/bin/env bash
# Builds the agent with the sanitizers and runs all its tests on this machine, in namespaces of their own: nothing of the machine
# is touched. Needs root. Installs what it needs from Debian.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../lib/debian.sh"
need_packages busybox-static crun gcc iproute2 libc6-dev libprotobuf-c-dev libprotobuf-dev libyajl-dev make protobuf-c-compiler \
  protobuf-compiler python3 python3-protobuf util-linux

work=$(mktemp -d /tmp/saya-agent-test.XXXXXX)
trap 'rm -rf "$work"' EXIT
make -s -C "$here" SANITIZE=1 BUILD="$here/build/sanitized" OUT="$work"
mkdir -p "$work/python" "$work/$(basename "$work")"
protos=$here/../../../agent-proto/api/src/main/proto
protoc -I"$protos" --python_out="$work/python" "$protos"/agent/*.proto

export AGENT=$work/saya-agent ROOTFS_PARENT=$work/$(basename "$work") ROOTFS=$work/$(basename "$work")/fs TEST_DIRECTORY=$here/test
export PYTHONPATH=$work/python:$here/test PYTHONDONTWRITEBYTECODE=1
unshare --mount --net --uts --ipc --pid --fork --kill-child --mount-proc \
  "$here/test/inside.sh" /usr/bin/python3 -m unittest discover -s "$here/test" -t "$here/test" "$@"
