#!/usr/bin/env bash
# Boots the default guest under bare QEMU (TCG) and tries the agent in it: what needs a kernel of its own. Builds the guest if it is
# not there. With --bench, times crun by hand in the guest against the same by the agent instead.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../lib/debian.sh"
need_packages busybox-static e2fsprogs libprotobuf-dev protobuf-compiler python3 python3-protobuf qemu-system-x86

export GUEST=${GUEST:-$here/../../target/saya/share/saya}
[[ -f $GUEST/vmlinux ]] || "$here/../build.sh"
work=$(mktemp -d /tmp/saya-agent-vm-test.XXXXXX)
trap 'rm -rf "$work"' EXIT
protos=$here/../../../agent-proto/api/src/main/proto
protoc -I"$protos" --python_out="$work" "$protos"/agent/*.proto
export PYTHONPATH=$work:$here/test PYTHONDONTWRITEBYTECODE=1
cd "$here/test"
if [[ ${1:-} == --bench ]]; then
  /usr/bin/python3 vm_bench.py "${@:2}"
else
  /usr/bin/python3 -m unittest vm_test vm_late_port_test vm_size_test "$@"
fi
