# shellcheck shell=bash disable=SC2034
# Containers that count, and who runs them: for scripts that change what is installed below them. Sourced; needs debian.sh, containerd.sh, and ctr with
# a bound. PATIENCE: seconds that a count, or an end, may take (default 20); guests that are emulated twice need minutes.

has() { grep -qF -- "$2" <<< "$1" || die "expected '$2' in: $1"; }
lacks() { ! grep -qF -- "$2" <<< "$1" || die "did not expect '$2' in: $1"; }

# shellcheck disable=SC2016
counting='i=0; while :; do i=$((i+1)); echo $i > /count; sleep 0.2; done'
# Between a start, or a truncation, and the writing there is no number.
# shellcheck disable=SC2016
count() { ctr task exec --exec-id "e$RANDOM$RANDOM" "$1" /bin/sh -c 'read -r n < /count; echo "${n:-0}"' 2>/dev/null; }
# counts NAME: its container has counted on, and its machine is the one that it had.
counts() {
  local before deadline=$((SECONDS + ${PATIENCE:-20}))
  before=$(count "$1")
  until (( $(count "$1") > before )); do (( SECONDS < deadline )) || die "$1 does not count any more"; done
}
# runs_from NAME: the directory of the version that a sandbox was started from, and its guard is of.
runs_from() {
  local pid exe
  for pid in $(processes_with "$1"); do
    exe=$(readlink "/proc/$pid/exe" || true)
    [[ $exe != */saya/*/bin/containerd-shim-saya-v2 ]] || { exe=${exe#*/saya/}; printf '%s\n' "${exe%%/*}"; return; }
  done
  die "no process of $1 runs from a version"
}
# served_from NAME: the directory of the version that its daemon is of.
served_from() {
  local pid exe
  for pid in $(processes_with "-id $1 "); do
    exe=$(readlink "/proc/$pid/exe" || true)
    [[ $exe != */saya/*/lib/runtime/bin/java ]] || { exe=${exe#*/saya/}; printf '%s\n' "${exe%%/*}"; return; }
  done
  die "no daemon of $1 runs from a version"
}
end() {
  ctr task kill -s SIGKILL "$1"
  [[ -z $(pgrep -f "qemu-system.*$1" || true) ]] || die "kill of $1 has returned, and its QEMU is there"
  ctr task delete "$1" > /dev/null || true
  ctr container delete "$1"
  local deadline=$((SECONDS + ${PATIENCE:-20}))
  while [[ -n $(processes_with "-id $1 ") ]]; do (( SECONDS < deadline )) || die "processes of $1 are left"; sleep 0.1; done
}
