#!/usr/bin/env bash
# Builds the disk of a Debian machine from Debian's packages: systemd, cgroup v2 only, containerd, QEMU. Kept and used again while its inputs
# are the same; prints the directory with its files.
#
#   test/machine/image.sh DIRECTORY     where it is kept
#
# MACHINE_PACKAGES: further packages of Debian's that the machine has.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../packaging/lib/debian.sh"
cache=${1:?the directory in which the disk is kept}
(( EUID == 0 )) || die "a disk with files of root's can only be made by root"
need_packages e2fsprogs mmdebstrap

# As a node has them; udev, dbus and the rest of what makes a system of these.
packages=(apt busybox-static ca-certificates containerd cron dbus e2fsprogs initramfs-tools iproute2 iptables kmod libpam-systemd linux-image-cloud-amd64 procps
  qemu-system-x86 runc systemd systemd-sysv udev util-linux)
# shellcheck disable=SC2206  # words
packages+=(${MACHINE_PACKAGES:-})

key=$({ printf '%s\n' "${packages[@]}"; cat "$here/image.sh" "$here/inside/"*; } | sha256sum | cut -c1-16)
image=$cache/$key
mkdir -p "$cache"
exec {lock}> "$cache/lock"
flock "$lock"
if [[ -f $image/disk ]]; then echo "$image"; exit 0; fi

work=$(mktemp -d "$cache/new.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
debian_index
debian_archives > "$work/sources"   # those that this host itself uses
say "unpacking a Debian with ${#packages[@]} packages and what they need"
# shellcheck disable=SC2016  # $1 is the directory, for the shell of the hook
mmdebstrap --quiet --variant=minbase --mode=root --include="$(IFS=,; echo "${packages[*]}")" \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --customize-hook="copy-in $here/inside/machine-run /usr/local/sbin" \
  --customize-hook="copy-in $here/inside/machine-run.service /etc/systemd/system" \
  --customize-hook='chroot "$1" systemctl enable --quiet machine-run.service' \
  --customize-hook='chroot "$1" systemctl mask --quiet apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service getty@tty1.service serial-getty@ttyS0.service' \
  --customize-hook='echo machine > "$1/etc/hostname"' \
  --customize-hook='echo "127.0.0.1 localhost machine" > "$1/etc/hosts"' \
  --customize-hook='echo "/dev/vda / ext4 rw 0 0" > "$1/etc/fstab"' \
  --customize-hook='cp "$1"/boot/vmlinuz-* '"$work/vmlinuz"' && cp "$1"/boot/initrd.img-* '"$work/initrd"'' \
  "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$work/root" "$work/sources" >&2 || die "mmdebstrap could not make the machine, see above"
say "making its disk"
truncate -s 6G "$work/disk"
mke2fs -q -t ext4 -O ^has_journal -L machine -d "$work/root" "$work/disk" >&2
rm -rf --one-file-system "$work/root"
rm -rf --one-file-system "$image"
mv "$work" "$image"
echo "$image"
