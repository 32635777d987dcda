#!/usr/bin/env bash
# The Debian packages on this machine, without a trace on it: installed by apt in a root directory that is an overlay on this one, in namespaces
# of its own; registered with Debian's containerd, upgraded, downgraded, removed and purged under containers that count. test/README.md, "Packages".
#
#   test/packages/run.sh [PRODUCT]      PRODUCT: what packaging/build.sh made
#
# Then Kubernetes: manifests (kubernetes.sh), and the installer's image on a containerd (installer.sh).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
source "$top/packaging/lib/debian.sh"
product=$(cd "${1:-$top/packaging/target/saya}" && pwd)
packages=$top/test/target/packages
(( EUID == 0 )) || die "packages are installed by root"
need_packages busybox-static containerd debconf iproute2 man-db openssl python3-minimal qemu-system-x86 zsh

"$here/versions.sh"
"$here/build.sh" "$product" "$packages"
key=$(< "$packages/key")
if [[ $(cat "$packages/image-key" 2>/dev/null) != "$key" || ! -e $packages/installer.tar ]]; then
  "$top/packaging/kubernetes/image/build.sh" "$product" "$packages/installer.tar" saya.local/installer:test
  printf '%s\n' "$key" > "$packages/image-key"
fi

# on_a_machine SCRIPT: in a root directory that is an overlay on this machine's, in namespaces that end with it.
on_a_machine() {
  printf '%s:\n' "$1"
  # shellcheck disable=SC2016  # for the inner shell
  unshare --mount --pid --net --uts --fork --kill-child --mount-proc --propagation private bash -euc '
  root=$1/root
  mkdir -p "$root"
  mount -t tmpfs -o size=4g none "$root"
  mkdir "$root"/{upper,work}
  mkdir "$root/tree"
  mount -t overlay -o "lowerdir=/,upperdir=$root/upper,workdir=$root/work" none "$root/tree"
  mount -t proc none "$root/tree/proc"
  mount --rbind /sys "$root/tree/sys"
  mount --rbind /dev "$root/tree/dev"
  for empty in run tmp var/lib/containerd; do mkdir -p "$root/tree/$empty"; mount -t tmpfs none "$root/tree/$empty"; done
  mkdir -p "$root/tree/tmp"/{packages,upper,source}
  mount --bind "$1" "$root/tree/tmp/packages"
  mount --bind "$root/upper" "$root/tree/tmp/upper"
  mount --bind "$2" "$root/tree/tmp/source"
  ip link set lo up
  exec chroot "$root/tree" "/tmp/source/test/packages/$3"
' bash "$packages" "$top" "$1"
}
on_a_machine debian.sh
on_a_machine installer.sh
"$here/kubernetes.sh"
