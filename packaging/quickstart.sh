#!/usr/bin/env bash
# Runs a container in a VM of its own and shows that it is one: builds Saya where needed, starts a private containerd, runs, looks
# inside, kills, and shows that nothing is left. Safe to run again; touches no containerd of the host. Needs root.
#
#   RUNTIME=io.containerd.runc.v2 packaging/quickstart.sh     the same with an ordinary runtime, to compare
#   SKIP_BUILD=1 packaging/quickstart.sh                      with what is in packaging/target/saya as it is
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/lib/debian.sh"
source "$here/lib/containerd.sh"
runtime=${RUNTIME:-io.containerd.saya.v2}
saya=$here/target/saya
image=saya.local/demo:latest
id=demo-$$

(( EUID == 0 )) || die "a runtime needs root: run it as root (sudo packaging/quickstart.sh)"

bold="" plain=""
if [[ -t 1 ]]; then bold=$(tput bold 2>/dev/null || true) plain=$(tput sgr0 2>/dev/null || true); fi
chapter() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
# Prints a command as an operator would type it, then runs it.
show() {
  local word words=()
  for word; do
    [[ $word =~ ^[A-Za-z0-9_./:=@%+-]+$ ]] || word="'${word//\'/\'\\\'\'}'"
    words+=("$word")
  done
  printf '  # %s\n' "${words[*]}"
}
run() { show "$@"; "$@" | sed 's/^/    /'; }

# Every process that belongs to the sandbox has its id among its arguments; so do this script's own clients, which are left out.
processes_of() {
  local pid arguments
  for pid in /proc/[0-9]*; do
    pid=${pid#/proc/}
    arguments=$(tr '\0' ' ' 2>/dev/null < "/proc/$pid/cmdline") || continue
    case $arguments in
      *qemu-system*"$1"*|*virtiofsd*"$1"*|*containerd-shim*"$1"*|*saya-guard*"$1"*|*io.saya.shim*"$1"*) printf '%7s  %.110s\n' "$pid" "$arguments" ;;
    esac
  done
}

chapter "1. What is needed"
need_packages busybox-static containerd
if [[ $runtime == io.containerd.saya.v2 ]]; then
  need_packages qemu-system-x86
  [[ ${SKIP_BUILD:-} ]] || "$here/build.sh"
else
  need_packages runc
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/saya-quickstart.XXXXXX")
finish() {
  local status=$?
  trap - EXIT INT TERM
  if (( status )); then
    say "failed; the end of containerd's log, which holds the shim's as well:"
    tail -n 30 "$work/containerd.log" >&2 2>/dev/null || true
  fi
  containerd_stop
  rm -rf --one-file-system "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

chapter "2. A containerd of our own, in $work"
demo_image "$work/demo.tar" "$image"
containerd_start "$work" "$saya/bin:$PATH"
ctr() { "${CTR[@]}" "$@"; }   # the private containerd's client, so that commands read as an operator types them
printf '  # alias ctr="%s"\n' "${CTR[*]:3}"
run ctr images import "$work/demo.tar"

chapter "3. A container, with the runtime $runtime"
run ctr run --detach --runtime "$runtime" "$image" "$id" /bin/sh -c 'trap "exit 0" TERM; while :; do sleep 1; done'
run ctr tasks list

chapter "4. Its kernel, and the host's"
show ctr tasks exec --exec-id kernel "$id" uname -r
guest=$(ctr tasks exec --exec-id kernel "$id" uname -r)
echo "    $guest"
run uname -r
if [[ $guest == "$(uname -r)" ]]; then
  echo "  The same kernel: this container shares the host's."
else
  echo "  Two kernels: this container has a machine of its own."
fi

chapter "5. Its processors, memory and processes"
run ctr tasks exec --exec-id look "$id" /bin/sh -c 'grep -c ^processor /proc/cpuinfo; free -m; ps'

chapter "6. What runs on the host for it"
processes_of "$id"

chapter "7. Kill it"
run ctr tasks kill --signal SIGKILL "$id"
left=$(processes_of "$id" | grep qemu-system || true)
if [[ $runtime == io.containerd.saya.v2 ]]; then
  [[ -z $left ]] || die "the VM is still there after kill has returned: $left"
  echo "  Kill has returned, and no QEMU of $id is there any more."
fi
run ctr tasks delete "$id" || true   # its status is the container's: 137, killed
run ctr containers delete "$id"

chapter "8. Nothing is left"
deadline=$((SECONDS + 10))   # the shim ends after it has answered containerd's Shutdown
while [[ -n $(processes_of "$id") ]] && (( SECONDS < deadline )); do sleep 0.1; done
left=$(processes_of "$id")
[[ -z $left ]] || die "still there 10 s after the container was deleted:"$'\n'"$left"
left=$(grep -F "$id" /proc/self/mountinfo || true)
[[ -z $left ]] || die "mounts that are left:"$'\n'"$left"
echo "  No process and no mount of $id on this host."
