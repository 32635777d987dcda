#!/usr/bin/env bash
# Measures Saya beside runc's shim and QEMU alone with the same guest, and prints one table; README.md says how each figure is taken.
# Needs root. Builds Saya where needed, starts a containerd of its own and leaves nothing behind. Exits with 1 if a measure failed; a missed
# budget is a line of the table, not a failure.
#
#   test/bench/run.sh --help
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
source "$top/packaging/lib/debian.sh"
source "$top/packaging/lib/jdk.sh"
source "$top/packaging/lib/containerd.sh"
saya=$top/packaging/target/saya
export PYTHONDONTWRITEBYTECODE=1

need_packages python3-minimal
python=/usr/bin/python3
env -u BENCH_CONTAINERD "$python" "$here/lib/main.py" "$@"   # checks the arguments, prints the help
for word; do case $word in -h|--help) exit 0 ;; esac; done
(( EUID == 0 )) || die "a runtime needs root: run it as root"
need_packages busybox-static containerd fio git iperf3 iproute2 python3 qemu-system-x86 runc sqlite3
JAVA_HOME=$(find_jdk 25)
export JAVA_HOME
[[ ${SKIP_BUILD:-} ]] || "$top/packaging/build.sh"

work=$(mktemp -d "${TMPDIR:-/tmp}/saya-bench.XXXXXX")
finish() {
  local status=$?
  trap - EXIT INT TERM
  (( status == 0 )) || tail -n 20 "$work/containerd.log" >&2 2>/dev/null || true
  containerd_stop
  rm -rf --one-file-system "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# programs DIRECTORY PROGRAM...: copies programs and their libraries, at their own paths.
programs() {
  local directory=$1 program file
  for program in "${@:2}"; do
    for file in "$program" $(ldd "$program" | grep -o '/[^ ]*'); do [[ -e $directory$file ]] || install -D "$file" "$directory$file"; done
  done
}
# For the image, and for the guest that works by hand.
programs "$work/tools" "$(command -v iperf3)"
demo_image "$work/bench.tar" saya.local/bench:latest '' "$work/tools"
# For the measure `files`, in an image of its own: a container's start has a smaller one.
"$here/files_image.sh" "$work/programs"
programs "$work/programs" "$(command -v git)" "$(command -v sqlite3)" "$(command -v fio)"
demo_image "$work/files.tar" saya.local/bench-files:latest '' "$work/programs"
containerd_start "$work" "$saya/bin:$PATH"
for image in bench files; do "${CTR[@]}" images import "$work/$image.tar" >/dev/null; done
BENCH_DIRECTORY=$work BENCH_SAYA=$saya BENCH_CONTAINERD=$CONTAINERD_ADDRESS BENCH_PATH=$saya/bin:$PATH "$python" "$here/lib/main.py" "$@"
