#!/usr/bin/env bash
# Runs a script in a Debian machine of its own: a VM with systemd, cgroup v2 only, containerd and QEMU, made from Debian's packages. The machine
# is emulated, so it boots in half a minute, and a guest of Saya's in it, which is emulated once more, in one to two minutes.
#
#   test/machine/run.sh SCRIPT [FILE...]
#
# The script runs there as root and sees itself as /machine/run; each further FILE, or directory, lies beside it by its last name, the product as
# /machine/saya. Whatever it prints is printed here, and its exit status is this command's. It may reboot the machine (systemctl reboot): then it runs
# again with MACHINE_BOOT one higher, and finds what it has written. Nothing of it is kept afterwards.
#
# MACHINE_PACKAGES   further Debian packages that the machine has ('docker.io cri-tools')
# MACHINE_CACHE      where its disk is kept (default: test/target/machine)
# MACHINE_MIB        its memory (default: 2048)
# MACHINE_LIMIT      seconds, after which it is ended (default: 1800)
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
need_packages e2fsprogs qemu-system-x86
image=$("$here/image.sh" "${MACHINE_CACHE:-$top/test/target/machine}")

work=$(mktemp -d "${TMPDIR:-/tmp}/saya-machine.XXXXXX")
qemu=
# shellcheck disable=SC2317  # reached by the trap
finish() {
  local status=$?
  trap - EXIT INT TERM
  [[ -z $qemu ]] || { kill -KILL "$qemu" 2>/dev/null && wait "$qemu" 2>/dev/null; } || true
  rm -rf --one-file-system "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- what it is given: a disk of its own ----------------------------------------------------------------------------------
mkdir "$work/given"
install -m 755 "$script" "$work/given/run"
for file in "$top/packaging/target/saya" "$@"; do
  [[ -e $file ]] || die "there is no $file to give to the machine"
  cp -a "$file" "$work/given/"
done
mib=$(du -sm "$work/given" | cut -f1)
truncate -s "$((mib * 2 + 512))M" "$work/disk"
mke2fs -q -t ext4 -O ^has_journal -d "$work/given" "$work/disk"
rm -r "$work/given"

# ---- the machine ------------------------------------------------------------------------------------------------------------
network=(-nic none)
[[ -z ${MACHINE_NETWORK:-} ]] || network=(-netdev 'user,id=net' -device 'virtio-net-pci,netdev=net')
: > "$work/out"
TMPDIR=$work qemu-system-x86_64 -nodefaults -no-user-config -display none -machine q35 -accel tcg,thread=multi -cpu max -smp 2 -m "${MACHINE_MIB:-2048}" \
  -kernel "$image/vmlinuz" -initrd "$image/initrd" -append 'root=/dev/vda rw console=ttyS0 quiet panic=5 net.ifnames=0' \
  -drive "file=$image/disk,format=raw,if=virtio,snapshot=on,cache=unsafe" -drive "file=$work/disk,format=raw,if=virtio,cache=unsafe" \
  -object rng-random,filename=/dev/urandom,id=rng -device virtio-rng-pci,rng=rng \
  -chardev "file,id=console,path=$work/console" -serial chardev:console \
  -device virtio-serial-pci -chardev "file,id=out,path=$work/out,append=on" -device virtserialport,chardev=out,name=machine.out \
  "${network[@]}" > "$work/qemu" 2>&1 < /dev/null &
qemu=$!
tail -n +1 -s 0.2 -F --pid="$qemu" "$work/out" 2>/dev/null &
deadline=$((SECONDS + ${MACHINE_LIMIT:-1800}))
while kill -0 "$qemu" 2>/dev/null; do
  (( SECONDS < deadline )) || { tail -n 40 "$work/console" >&2; die "the machine has not ended after ${MACHINE_LIMIT:-1800} s; the end of its console is above"; }
  sleep 0.5
done
wait "$qemu" || { cat "$work/qemu" >&2; die "QEMU failed, see above"; }
qemu=
wait
status=$(sed -n 's/^machine: ended with \([0-9]*\)\r\{0,1\}$/\1/p' "$work/out" | tail -n 1)
[[ -n $status ]] || { tail -n 40 "$work/console" >&2; die "the machine ended, its script did not; the end of its console is above"; }
exit "$status"
