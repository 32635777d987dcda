#!/usr/bin/env bash
# Builds the agent with the sanitizers and runs its tests on this machine: single functions, fuzz targets (FUZZ_RUNS each), and the
# whole agent with real containers, in namespaces of their own so that nothing of the machine is touched. Needs root. Installs what it
# needs from Debian. Arguments go to the tests of the whole agent (-k NAME, -v, -f). What needs a machine of its own: test_vm.sh.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../lib/debian.sh"
need_packages busybox-static clang crun e2fsprogs gcc iproute2 libc6-dev libclang-rt-14-dev libprotobuf-c-dev libprotobuf-dev libyajl-dev make protobuf-c-compiler \
  protobuf-compiler python3 python3-protobuf util-linux

work=$(mktemp -d /tmp/saya-agent-test.XXXXXX)
trap 'rm -rf "$work"' EXIT
make -s -C "$here" SANITIZE=1 BUILD="$here/build/sanitized" OUT="$work"

build=$here/build/sanitized
make -s -C "$here" SANITIZE=1 BUILD="$build" "$build/unit-tests" "$build/fuzz_frames" "$build/fuzz_requests"
"$build/unit-tests"
for target in frames requests; do
  mkdir "$work/$target"
  # What is new is not kept: the corpus in the tree is for where to start, a find becomes a test.
  "$build/fuzz_$target" -runs="${FUZZ_RUNS:-50000}" -max_len=4096 -artifact_prefix="$work/" "$work/$target" "$here/test/fuzz/corpus/$target" \
    >"$work/fuzz.log" 2>&1 || { tail -n 40 "$work/fuzz.log"; exit 1; }
  tail -n 1 "$work/fuzz.log"
done

mkdir -p "$work/python" "$work/$(basename "$work")"
protos=$here/../../../agent-proto/api/src/main/proto
protoc -I"$protos" --python_out="$work/python" "$protos"/agent/*.proto

ROOTFS_PARENT=$work/$(basename "$work")
export ROOTFS_PARENT ROOTFS=$ROOTFS_PARENT/fs AGENT=$work/saya-agent TEST_DIRECTORY=$here/test
export PYTHONPATH=$work/python:$here/test PYTHONDONTWRITEBYTECODE=1
unshare --mount --net --uts --ipc --pid --fork --kill-child --mount-proc \
  "$here/test/inside.sh" /usr/bin/python3 -m unittest discover -s "$here/test" -t "$here/test" "$@"
