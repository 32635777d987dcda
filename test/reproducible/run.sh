#!/usr/bin/env bash
# run.sh PRODUCT: builds the product a second time, from the same sources in another directory, and compares all files, their modes and links.
# Of Debian it takes the packages that PRODUCT was built from, and the JDK is this machine's: these are inputs. All else is made anew. It leaves
# the AOT cache out, see test/README.md.
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
source "$top/packaging/lib/debian.sh"
product=$(cd "$1" && pwd)
[[ -x $product/bin/containerd-shim-saya-v2 ]] || die "there is no product in $product (expected: packaging/build.sh was run)"

# Its name is longer than most: a path that gets into a file changes what comes behind it.
work=$(mktemp -d "${TMPDIR:-/var/tmp}/saya-built-in-another-directory-XXXXXX")
trap 'rm -rf "$work"' EXIT
tree=$work/sources
mkdir -p "$tree/packaging/target/cache"
tar -C "$top" --exclude=target --exclude=./.git -c . | tar -C "$tree" -x
cp -r "$top/packaging/target/cache/debs" "$tree/packaging/target/cache/"
sed -E "s|^([a-z]+) .*/|\1 $tree/packaging/target/cache/debs/|" "$top/packaging/target/cache/guest-inputs" > "$tree/packaging/target/cache/guest-inputs"
"$tree/packaging/build.sh" --no-train

# inventory PRODUCT: a line for each file, link and directory.
inventory() {
  (
    cd "$1"
    find . -path ./lib/saya.aot -prune -o -printf '%P %y %m %l\n' | sort
    find . -path ./lib/saya.aot -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
  )
}
inventory "$product" > "$work/first"
inventory "$tree/packaging/target/saya" > "$work/second"
if ! diff "$work/first" "$work/second" > "$work/difference"; then
  head -n 60 "$work/difference" >&2
  die "two builds of the same sources differ, see above"
fi
say "$(grep -c '^[0-9a-f]\{64\}' "$work/first") files are the same, byte for byte"
