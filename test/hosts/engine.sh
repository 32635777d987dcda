# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# Runs the cases of a command line (engine_cases.sh, engine_*_cases.sh and those of its own) by a runtime, and puts two runs beside each other. Sourced.

# What differs by a machine's nature, or is not done yet: a case, with the host before it where it is so on that one only, and why.
declare -A engine_exceptions=(
  [network_of_the_host]='a machine has a network stack of its own'
  [network_of_another_container]='a machine has a network stack of its own'
  [processes_of_another_container]='a machine has processes of its own'
  [shared_memory_of_another_container]='a machine has memory of its own'
  [five_networks]='a machine has room for four interfaces that come when it runs'
  [sysctl_of_an_interface]='Docker sets it on the side of the host'
  [mount_that_comes_later]='what a guest has looked at is held open on the host, which cannot unmount it'
  [nerdctl:copy]='nerdctl copies through /proc/PID/root of the process that stands for the container'
)

# engine_apart HOST DIRECTORY PATH: runs HOST_inside in namespaces of its own, so that nothing of it outlives the test, and with a /run of its own:
# the paths of some sockets and network namespaces cannot be chosen.
engine_apart() {
  unshare --mount --pid --net --fork --kill-child --mount-proc --propagation private bash -c '
    set -euo pipefail
    host=$1 top=$2 product=$3 directory=$4 PATH=$5:$PATH
    mount -t tmpfs none /run
    mkdir -p /run/lock /run/netns
    source "$top/packaging/lib/debian.sh"
    source "$top/packaging/lib/containerd.sh"
    for file in engine engine_cases "$host"; do source "$top/test/hosts/$file.sh"; done
    for file in "$top/test/hosts/engine_"*_cases.sh "$top/test/hosts/${host}_"*cases.sh; do [[ ! -e $file ]] || source "$file"; done
    "${host}_inside"
  ' "$1" "$1" "$top" "$product" "$2" "$3"
}

# engine_begin HOST: a directory, an image, and an address that is outside of all containers.
engine_begin() {
  work=$(mktemp -d "${TMPDIR:-/tmp}/saya-$1.XXXXXX") image=saya.local/busybox:latest outside=198.51.100.1
  ip link set lo up
  ip link add outside type bridge
  ip addr add "$outside/24" dev outside
  ip link set outside up
  demo_image "$work/image.tar" "$image"
}

# engine_end CGROUP: ends containerd, and removes what is left.
engine_end() {
  containerd_stop
  cp "$work/containerd.log" "$directory/" || true
  find /sys/fs/cgroup -depth -type d -path "*$1*" -exec rmdir {} + 2>/dev/null || true
  awk -v below="$work/" 'index($5, below) == 1 {print $5}' /proc/self/mountinfo | tac | xargs -r -n 1 umount || true
  rm -rf --one-file-system "$work"
}

# engine_run DIRECTORY: each case that there is, or those in CASES, by $runtime; the verdicts are in DIRECTORY/$by.cases.
engine_run() {
  local name status begun
  : > "$1/$by.cases"
  for name in ${CASES:-$(declare -F | sed -n 's/^declare -f case_//p')}; do
    begun=$SECONDS
    set +e # a subshell in a condition would go on after what failed
    (set -eEuo pipefail; trap 'echo "line $LINENO of ${BASH_SOURCE[0]##*/} failed: $BASH_COMMAND" >&2' ERR; "case_$name") > "$work/case.log" 2>&1
    status=$?
    set -e
    engine_clean >> "$work/case.log" 2>&1 || status=1
    (( status == 0 )) || { printf '=== %s by %s\n' "$name" "$by"; cat "$work/case.log"; }
    printf '%-7s %s %d s\n' "$( (( status == 0 )) && echo ok || echo FAILED)" "$name" "$((SECONDS - begun))" >> "$1/$by.cases"
  done
}

# engine_clean: removes what a case has made, and fails if a process of a container's stays.
engine_clean() {
  local ids deadline=$((SECONDS + 20)) left ours='saya-guard|io\.saya\.shim|qemu-system|virtiofsd|containerd-shim-|^/proc/self/exe -id'
  mapfile -t ids < <(engine ps --all --quiet)
  (( ${#ids[@]} == 0 )) || engine rm --force "${ids[@]}"
  mapfile -t ids < <(engine network ls --format '{{.Name}}' | grep '^c[a-z]$')
  (( ${#ids[@]} == 0 )) || engine network rm "${ids[@]}"
  mapfile -t ids < <(engine volume ls --quiet)
  (( ${#ids[@]} == 0 )) || engine volume rm --force "${ids[@]}"
  while left=$(pgrep -af -- "$ours"); do
    (( SECONDS < deadline )) || { printf 'left behind:\n%s\n' "$left"; return 1; }
    sleep 0.1
  done
}

# engine_table HOST DIRECTORY: 0 if all that runc passes here is passed by the product as well. What RUNTIMES leaves out is a dash, and runc's then
# counts as passed.
engine_table() {
  local name by_runc by_saya reason result=0 passed=(0 0) by last
  declare -A cases=([runc]=/dev/null [saya]=/dev/null)
  for by in ${RUNTIMES:-runc saya}; do
    last=$2/$by.cases
    [[ -s $last ]] || { echo "$1 did not run, see $2/$1.log:"; tail -n 3 "$2/$1.log"; return 1; }
    cases[$by]=$last
  done
  printf '%-44s %-8s %s\n' "$1" runc saya
  while read -r _ name _; do
    by_runc=$(verdict "${cases[runc]}" "$name") by_saya=$(verdict "${cases[saya]}" "$name")
    reason=${engine_exceptions[$1:$name]:-${engine_exceptions[$name]:-}}
    printf '%-44s %-8s %s%s\n' "$name" "$by_runc" "$by_saya" "${reason:+ ($reason)}"
    [[ $by_runc != ok ]] || passed[0]=$((passed[0] + 1))
    [[ $by_saya != ok ]] || passed[1]=$((passed[1] + 1))
    [[ $by_saya != FAILED || $by_runc == FAILED || $reason ]] || result=1
  done < "$last"
  printf '%-44s %-8s %s\n' "passed of $(wc -l < "$last")" "${passed[@]}"
  return "$result"
}
