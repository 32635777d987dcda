#!/usr/bin/env bash
# Boots the built guest under bare QEMU and says how long it takes until the agent answers, and where the time goes.
# Fails if the agent does not answer. The figures are printed, not judged: they depend on the machine.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../lib/debian.sh"
boots=${BOOTS:-5}
need_packages qemu-system-x86 python3-minimal

[[ -f $here/../target/saya/share/saya/vmlinux ]] || "$here/build.sh"

# A /dev/kvm that opens is not proof: on some hosts a guest never gets past its first instructions.
accelerator=tcg
if [[ -w /dev/kvm ]] && python3 "$here/bare_vm.py" --accelerator kvm --timeout 10 >/dev/null 2>&1; then accelerator=kvm; fi

echo "accelerator $accelerator, 128 MiB, $boots boots"
echo "phases of one boot with the kernel's messages on the console (seconds since QEMU's start):"
python3 "$here/bare_vm.py" --accelerator "$accelerator" --phases "$@"
for vcpus in 1 2; do
  python3 "$here/bare_vm.py" --accelerator "$accelerator" --vcpus "$vcpus" --boots "$boots" "$@" |
    python3 -c '
import json, statistics, sys
boots = [json.loads(line) for line in sys.stdin]
if not boots: sys.exit("no boot succeeded")
for what in ("answer", "cpu"):
    seconds = [boot[what] for boot in boots]
    print(f"{sys.argv[1]} vCPU: {what:6} min {min(seconds):.3f} s  median {statistics.median(seconds):.3f} s  max {max(seconds):.3f} s")
' "$vcpus"
done
