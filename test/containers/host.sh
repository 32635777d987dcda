# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared with run.sh
# What a container may leave on a host, and what must therefore be the same before and after. Sourced; needs containerd.sh.

# socket_of ID: where the shim of this container listens. containerd's library names it by a hash, so that it does not tell whose it is.
socket_of() {
  local hash
  hash=$(printf '%s/%s/%s' "$CONTAINERD_ADDRESS" "$namespace" "$1" | sha256sum)
  echo "/run/containerd/s/${hash%% *}"
}

# host_state: one line for each process, mount, directory, socket, link and namespace that could be ours.
host_state() {
  local process arguments id
  for process in /proc/[0-9]*; do
    arguments=$(tr '\0' ' ' 2>/dev/null < "$process/cmdline") || continue
    case $arguments in
      *"-address $CONTAINERD_ADDRESS"*|*saya-guard*"-namespace $namespace "*|*qemu-system*"-name c1,"*"$product/"*|*qemu-system*"-name t"[0-9]*"$product/"*|*virtiofsd*"$work"*)
        printf 'process %.160s\n' "$arguments" ;;
      # Links and ports, in a pod's network namespace: by their program, since another run has containers of the same names.
      "/proc/self/exe -id c1 "*|"/proc/self/exe -id t"[0-9]*)
        [[ $(readlink "$process/exe") != "$product/"* ]] || printf 'process %.160s\n' "$arguments" ;;
    esac
  done
  for id in c1 t{1..10}; do
    [[ ! -e $(socket_of "$id") ]] || printf 'socket of %s\n' "$id"
  done
  awk -v work="$work" 'index($5, work) == 1 {print "mount " $5}' /proc/self/mountinfo
  ls -d "$SAYA_RUN_DIR"/*/ 2>/dev/null || true
  find "$work/state/io.containerd.runtime.v2.task" -mindepth 2 -maxdepth 2 2>/dev/null || true
  ip -brief link | awk '{print "link " $1}'
  ip netns list | sed 's/^/netns /'
}

# host_state_settles BEFORE: waits a moment for what ends in the background, such as a shim after Shutdown; prints what is more than BEFORE
# and fails if it stays.
host_state_settles() {
  local deadline=$((SECONDS + 10)) more
  while :; do
    more=$(comm -13 <(sort <<<"$1") <(host_state | sort))
    [[ -n $more ]] || return 0
    if (( SECONDS >= deadline )); then
      printf '%s\n' "$more"
      return 1
    fi
    sleep 0.2
  done
}

# pid_of WHAT ID: the process of this kind that belongs to the sandbox: qemu, virtiofsd, daemon or guard. Fails if there is none.
pid_of() {
  local pattern
  case $1 in
    # By its kernel: another run of the tests has containers of the same names.
    qemu) pattern="qemu-system.* -name $2,.*-kernel $product/" ;;
    virtiofsd) pattern="virtiofsd .*$SAYA_RUN_DIR/$2-" ;;
    daemon) pattern="io.saya.shim.Main (daemon|successor|restart) .*-id $2 " ;;
    guard) pattern="saya-guard -namespace $namespace -id $2( |$)" ;;
  esac
  pgrep -of -- "$pattern"
}

# gone WHAT ID: asserts that there is no such process at this very moment.
gone() {
  if pid_of "$1" "$2" >/dev/null; then
    echo "the $1 of $2 is still there"
    return 1
  fi
}

# until_true SECONDS COMMAND...: waits for a condition.
until_true() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    if (( SECONDS >= deadline )); then
      echo "not true in time: $*"
      return 1
    fi
    sleep 0.1
  done
}

# remove_all: what a failed case has left in containerd.
remove_all() {
  local id
  for id in $("${CTR[@]}" tasks list -q 2>/dev/null); do
    timeout 30 "${CTR[@]}" tasks delete --force "$id" >/dev/null 2>&1 || true
  done
  for id in $("${CTR[@]}" containers list -q 2>/dev/null); do
    timeout 30 "${CTR[@]}" containers delete "$id" >/dev/null 2>&1 || true
  done
}
