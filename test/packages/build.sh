#!/usr/bin/env bash
# Two versions of the Debian packages, of the same product, which differ in their names: what tests look at is who runs from which. Skipped while
# nothing has changed.
#
#   test/packages/build.sh PRODUCT DIRECTORY
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
product=${1:?the product\'s directory} packages=${2:?a directory for the packages}
mkdir -p "$packages"
exec {lock}> "$packages/lock"
flock "$lock"   # the steps packages and machine may run at once
key=$(find "$product" "$top/packaging/debian" "$top/packaging/kubernetes/image" -type f -printf '%p %s %T@\n' | LC_ALL=C sort | sha256sum)
[[ $(cat "$packages/key" 2>/dev/null) != "$key" ]] || exit 0
rm -f "$packages"/*.deb "$packages/key"
for version in 1.0 1.1; do
  SAYA_DEB_COMPRESSION=none SAYA_DEB_LINTIAN=no "$top/packaging/debian/build.sh" "$product" "$packages" "$version" {lock}>&-
done
printf '%s\n' "$key" > "$packages/key"
