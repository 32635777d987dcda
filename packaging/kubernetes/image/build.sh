#!/usr/bin/env bash
# Makes the installer's image of a built product as an OCI layout in a tar, without a registry and without a daemon: for `skopeo copy oci-archive:`,
# `ctr images import`, `podman load`.
#
#   packaging/kubernetes/image/build.sh PRODUCT FILE.tar [NAME:TAG]
set -euo pipefail
export LC_ALL=C.UTF-8
umask 022
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../../.." && pwd)
source "$top/packaging/lib/debian.sh"
product=$(cd "${1:?the product\'s directory}" && pwd) file=${2:?the file to write} name=${3:-saya.local/installer:latest}
need_packages busybox-static ca-certificates curl python3-minimal util-linux
version=$(sed -n 's|^  <version>\(.*\)</version>.*|\1|p' "$top/pom.xml" | head -n 1)-$(find "$product/lib" "$product/bin" "$product/share" -type f -printf '%P %s %T@\n' | LC_ALL=C sort | sha256sum | cut -c1-8)

work=$(mktemp -d "${TMPDIR:-/tmp}/saya-image.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/tools"/{bin,etc,host,lib64,run,tmp,usr/local/bin}
chmod 1777 "$work/tools/tmp"
install -m 755 "$here/installer" "$work/tools/bin/installer"
install -m 755 "$top/packaging/debian/versions" "$work/tools/versions"
printf '%s\n' "$version" > "$work/tools/product.version"
cp "$(command -v busybox)" "$work/tools/bin/busybox"
for applet in sh cat cp mv ln rm mkdir sleep printf sed dirname readlink; do ln -s busybox "$work/tools/bin/$applet"; done
# libraries PROGRAM: those that it is linked with, where its loader finds them.
libraries() {
  local library
  for library in $(ldd "$1" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^\t\(\/[^ ]*\) (.*/\1/p'); do
    [[ $library != "$product"/* ]] || continue
    mkdir -p "$work/tools$(dirname "$library")"
    cp -L "$library" "$work/tools$library"
  done
}
for program in curl nsenter; do
  cp -L "$(command -v "$program")" "$work/tools/bin/"
  libraries "$(command -v "$program")"
done
# The monitor runs from the image. What Java loads by itself is linked with the same few.
libraries "$product/lib/runtime/bin/java"
libraries "$product/lib/runtime/lib/server/libjvm.so"
printf '#!/bin/sh\nexec /product/bin/saya monitor "$@"\n' > "$work/tools/bin/monitor"
chmod 755 "$work/tools/bin/monitor"
mkdir "$work/product"
cp -al "$product" "$work/product/product" 2>/dev/null || cp -a "$product" "$work/product/product"

/usr/bin/python3 -B "$here/layout.py" "$file" "$name" "$work/product" "$work/tools"
say "$name is in $file ($(du -h "$file" | cut -f1))"
