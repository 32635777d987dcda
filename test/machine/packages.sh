#!/usr/bin/env bash
# The checks of packages_checks.sh, in a machine of run.sh. A run that was ended goes on after the machine's last reboot.
#
#   test/machine/packages.sh [PRODUCT]      PRODUCT: what packaging/build.sh made
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
source "$top/packaging/lib/debian.sh"
source "$top/packaging/lib/containerd.sh"
need_packages busybox-static
product=$(cd "${1:-$top/packaging/target/saya}" && pwd)
packages=$top/test/target/packages
work=$(mktemp -d "${TMPDIR:-/tmp}/saya-packages.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
"$top/test/packages/build.sh" "$product" "$packages"
for version in 1.0 1.1; do
  mkdir "$work/$version"
  ln "$packages/saya_${version}_amd64.deb" "$packages/saya-monitor_${version}_all.deb" "$work/$version/" 2>/dev/null ||
    cp "$packages/saya_${version}_amd64.deb" "$packages/saya-monitor_${version}_all.deb" "$work/$version/"
done
demo_image "$work/image.tar" docker.io/library/busybox:latest '["/bin/sh"]'
MACHINE_PRODUCT='' MACHINE_MIB=3072 MACHINE_STATE=$top/test/target/machine/packages "$here/run.sh" "$here/packages_checks.sh" "$work/1.0" "$work/1.1" "$work/image.tar" \
  "$top"/README.md "$top/packaging/lib/debian.sh" "$top/packaging/lib/containerd.sh" "$top/test/packages/counting.sh"
