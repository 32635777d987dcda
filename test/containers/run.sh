#!/usr/bin/env bash
# What an operator does with ctr, on a private containerd, with real VMs; after each case the host must be as before.
#
#   test/containers/run.sh [PRODUCT]            PRODUCT is packaging/target/saya unless given
#   RUNTIME=io.containerd.runc.v2 test/containers/run.sh     proves the cases themselves on containerd's own runtime (the cases
#                                               that speak of VMs are left out)
#   CASES='exit_code stdin_sum' test/containers/run.sh       only these
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
# Absolute, as it stands in the arguments of processes.
product=$(realpath "${1:-$top/packaging/target/saya}")
runtime=${RUNTIME:-io.containerd.saya.v2}
source "$top/packaging/lib/debian.sh"
source "$top/packaging/lib/containerd.sh"
source "$here/host.sh"
source "$here/cases.sh"
source "$here/start_failures.sh"
source "$here/operator.sh"
source "$here/option_cases.sh"

need_packages busybox-static containerd cpio runc qemu-system-x86 python3-minimal procps util-linux iproute2
(( EUID == 0 )) || die "containerd needs root"

work=$(mktemp -d "${TMPDIR:-/tmp}/saya-test.XXXXXX")
finish() {
  local status=$?
  trap - EXIT INT TERM
  containerd_stop
  rm -rf --one-file-system "$work"
  exit "$status"
}
trap finish EXIT INT TERM
demo_image "$work/image.tar" test.local/busybox:latest
image=test.local/busybox:latest
# A run directory and a namespace of our own tell our sandboxes from those of others.
export SAYA_RUN_DIR=$work/run
namespace=test-$$
CONTAINERD_LOG_LEVEL=debug containerd_start "$work" "$product/bin:$PATH"
CTR=(ctr --address "$CONTAINERD_ADDRESS" --namespace "$namespace")
"${CTR[@]}" images import "$work/image.tar" >/dev/null

read -r -d '' -a cases <<<"${CASES:-$(declare -F | awk '$3 ~ /^case_/ {print substr($3, 6)}')}" || true
passed=0 failed=() skipped=0
before=$(host_state)
for name in "${cases[@]}"; do
  if [[ $runtime != io.containerd.saya.v2 && " $vm_cases " == *" $name "* ]]; then
    skipped=$((skipped + 1))
    continue
  fi
  started=$SECONDS
  lines=$(wc -l < "$work/containerd.log")
  # In a subshell of its own, with set -e in force: not the operand of a condition.
  set +e
  ( set -eEuo pipefail; trap 'echo "line $LINENO of ${BASH_SOURCE[0]##*/} failed: $BASH_COMMAND" >&2' ERR; "case_$name" ) > "$work/case.log" 2>&1
  status=$?
  set -e
  if (( status == 0 )) && left=$(host_state_settles "$before"); then
    printf 'ok      %-28s %3d s\n' "$name" "$((SECONDS - started))"
    passed=$((passed + 1))
    continue
  fi
  printf 'FAILED  %-28s %3d s\n' "$name" "$((SECONDS - started))"
  failed+=("$name")
  (( status == 0 )) && printf '  left behind:\n%s\n' "$left"
  sed 's/^/  | /' "$work/case.log" | tail -n 30
  tail -n "+$lines" "$work/containerd.log" | sed '/level=debug/d' | cut -c1-400 | sed 's/^/  log | /' | tail -n 30
  remove_all
done
printf '%d passed, %d failed, %d skipped\n' "$passed" "${#failed[@]}" "$skipped"
(( ${#failed[@]} == 0 ))
