#!/usr/bin/env bash
# Runs a script in a Debian machine of its own: a VM with systemd, cgroup v2 only, containerd and QEMU, made from Debian's packages. The machine
# is emulated, so it boots in half a minute, and a guest of Saya's in it, which is emulated once more, in one to two minutes.
#
#   test/machine/run.sh SCRIPT [FILE...]
#
# The script runs there as root and sees itself as /machine/run; each further FILE, or directory, lies beside it by its last name, the product as
# /machine/saya. Whatever it prints is printed here, and its exit status is this command's. But for 100: then the machine is rebooted, and the
# script runs again with MACHINE_BOOT one higher, and finds what it has written.
#
# MACHINE_PACKAGES   further Debian packages that the machine has ('containernetworking-plugins')
# MACHINE_CACHE      where its disk is kept (default: test/target/machine)
# MACHINE_MIB        its memory (default: 2048)
# MACHINE_PRODUCT    what lies there as saya (default: packaging/target/saya; empty: nothing)
# MACHINE_SILENCE    seconds of processor time that the machine may have from one line that it prints to the next, and six times as many by the clock
#                    (default: 1200): on a busy host all takes longer, and a script that hangs is told from one that is slow
# MACHINE_STATE      a directory in which the disks are kept as each reboot left them, until the script has ended with 0: a run of the same script with
#                    the same files goes on after the last reboot. By default nothing is kept
# MACHINE_NETWORK    1: it has a card, eth0, by which it reaches what this host reaches (10.0.2.15/24, gateway 10.0.2.2); the script sets it up
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
source "$top/packaging/lib/debian.sh"
[[ ${1:-} != -h && ${1:-} != --help ]] || { sed -n '2,/^set/{/^set/!s/^# \{0,1\}//p}' "$0"; exit 0; }
script=${1:?the script that runs in the machine; --help tells more}
[[ -f $script ]] || die "there is no script $script"
shift
(( EUID == 0 )) || die "run this as root"
need_packages e2fsprogs qemu-system-x86 qemu-utils
product=${MACHINE_PRODUCT-$top/packaging/target/saya} silence=${MACHINE_SILENCE:-1200}
given=(${product:+"$product"} "$@")
for file in "${given[@]}"; do
  [[ -e $file ]] || die "there is no $file to give to the machine"
done
image=$("$here/image.sh" "${MACHINE_CACHE:-$top/test/target/machine}")

work=$(mktemp -d "${TMPDIR:-/tmp}/saya-machine.XXXXXX")
qemu=
# shellcheck disable=SC2317  # reached by the trap
finish() {
  local status=$?
  trap - EXIT INT TERM
  [[ -z $qemu ]] || { kill -KILL "$qemu" 2>/dev/null && wait "$qemu" 2>/dev/null; } || true
  (( status != 0 )) || rm -rf --one-file-system "$state"
  rm -rf --one-file-system "$work"
  exit "$status"
}
state=$(realpath -m "${MACHINE_STATE:-$work/state}")
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- disks: one that the machine boots from, one with what it is given; each boot writes to layers of its own -----------------
mkdir -p "$state"
exec {lock}> "$state.lock"
flock -n "$lock" || die "another run uses $state"
# What the files are named below theirs and contain: times, and where they lie here, do not count.
sums() { (cd "$(dirname "$1")" && find "$(basename "$1")" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum); }
key=$({ echo "$image"; for file in "$script" "${given[@]}"; do sums "$file"; done; } | sha256sum)
if [[ $(cat "$state/key" 2>/dev/null) != "$key" ]]; then
  rm -rf --one-file-system "$state"
  mkdir -p "$state/files"
  install -m 755 "$script" "$state/files/run"
  for file in "${given[@]}"; do cp -a "$file" "$state/files/"; done
  mib=$(du -sm "$state/files" | cut -f1)
  truncate -s "$((mib * 2 + 512))M" "$state/disk"
  mke2fs -q -t ext4 -O ^has_journal -d "$state/files" "$state/disk"
  rm -r "$state/files"
  qemu-img create -q -f qcow2 -F raw -b "$state/disk" "$state/given.0"
  qemu-img create -q -f qcow2 -F raw -b "$image/disk" "$state/root.0"
  echo 0 > "$state/boots"
  echo "$key" > "$state/key"
fi
boots=$(< "$state/boots")
(( boots == 0 )) || say "going on after reboot $boots"

# ---- the machine ------------------------------------------------------------------------------------------------------------
network=(-nic none)
[[ -z ${MACHINE_NETWORK:-} ]] || network=(-netdev 'user,id=net' -device 'virtio-net-pci,netdev=net')

# spent: seconds of processor time that QEMU has had.
spent() {
  local fields
  read -r fields 2>/dev/null < "/proc/$qemu/stat" || return
  read -ra fields <<< "${fields##*) }"
  echo $(((fields[11] + fields[12]) / $(getconf CLK_TCK)))
}

# boot NUMBER: until the machine is off. What was printed is in $work/out.
boot() {
  local name now size=0 last=-1 clock=$SECONDS used=0 reader
  for name in root given; do
    rm -f "$state/$name.$1"
    qemu-img create -q -f qcow2 -F qcow2 -b "$state/$name.$(($1 - 1))" "$state/$name.$1"
  done
  rm -f "$work"/{out,console}
  : > "$work/out"
  # A kernel that panics ends it as well.
  TMPDIR=$work qemu-system-x86_64 -nodefaults -no-user-config -no-reboot -display none -machine q35 -accel tcg,thread=multi -cpu max -smp 2 -m "${MACHINE_MIB:-2048}" \
    -kernel "$image/vmlinuz" -initrd "$image/initrd" -append 'root=/dev/vda rw console=ttyS0 quiet panic=5 net.ifnames=0' \
    -drive "file=$state/root.$1,format=qcow2,if=virtio,cache=unsafe" -drive "file=$state/given.$1,format=qcow2,if=virtio,cache=unsafe" \
    -object rng-random,filename=/dev/urandom,id=rng -device virtio-rng-pci,rng=rng \
    -chardev "file,id=console,path=$work/console" -serial chardev:console \
    -device virtio-serial-pci -chardev "file,id=out,path=$work/out,append=on" -device virtserialport,chardev=out,name=machine.out \
    "${network[@]}" > "$work/qemu" 2>&1 < /dev/null {lock}>&- &
  qemu=$!
  tail -n +1 -s 0.2 -f --pid="$qemu" "$work/out" 2>/dev/null {lock}>&- &
  reader=$!
  while now=$(spent) && kill -0 "$qemu" 2>/dev/null; do
    size=$(stat -c %s "$work/out")
    (( size == last )) || last=$size clock=$SECONDS used=$now
    if (( now - used > silence || SECONDS - clock > 6 * silence )); then
      tail -n 40 "$work/console" >&2
      die "the machine has printed nothing for $((SECONDS - clock)) s, of which it ran for $((now - used)) s; the end of its console is above"
    fi
    sleep 0.5
  done
  wait "$qemu" || { cat "$work/qemu" >&2; die "QEMU failed, see above"; }
  qemu=
  wait "$reader" || true
}

while :; do
  boots=$((boots + 1))
  (( boots <= 10 )) || die "the machine was rebooted ten times"
  boot "$boots"
  status=$(sed -n 's/^machine: ended with \([0-9]*\)\r\{0,1\}$/\1/p' "$work/out" | tail -n 1)
  [[ -n $status ]] || { tail -n 40 "$work/console" >&2; die "the machine ended, its script did not; the end of its console is above"; }
  (( status == 100 )) || exit "$status"
  echo "$boots" > "$state/boots"
done
