#!/usr/bin/env bash
# Jars that are not those that were taken stop the build; the list of what the product is made of has each jar that is in it.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source "$top/packaging/lib/debian.sh"
source "$top/packaging/lib/jars.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# refused MESSAGE: check_sums says no to what is in the directory, in these words.
refused() {
  local said
  ! said=$( (check_sums "$work/jars" "$work/list" "$work/sums") 2>&1) || die "a jar was taken that should have been refused: $1"
  [[ $said == *"$1"* ]] || die "expected '$1', but it said: $said"
}

mkdir "$work/jars"
echo one > "$work/jars/some-lib-1.2.3.jar"
echo two > "$work/jars/test-lib-4.jar"
printf 'daemon some-lib\nnone test-lib\n' > "$work/list"
: > "$work/sums"
refused "some-lib-1.2.3.jar has no recorded SHA-256"
printf '%s  org.example/some-lib-1.2.3.jar\n' "$(sha256sum < "$work/jars/some-lib-1.2.3.jar" | cut -d' ' -f1)" > "$work/sums"
check_sums "$work/jars" "$work/list" "$work/sums"
echo other > "$work/jars/some-lib-1.2.3.jar"
refused "it is another file than the one that was taken"

# The product, where one was built: its jars have no version in their names, so they are found by their sums.
product=$top/packaging/target/saya
[[ -f $product/share/saya/sbom.cdx.json ]] || exit 0
sums=$(grep -o '"content": "[0-9a-f]*"' "$product/share/saya/sbom.cdx.json")
for jar in "$product"/lib/*.jar "$product"/lib/cli/*.jar; do
  [[ $(basename "$jar") != saya-*.jar && $(basename "$jar") != ttrpc-java.jar ]] || continue
  [[ $sums == *"$(sha256sum < "$jar" | cut -d' ' -f1)"* ]] || die "$(basename "$jar") is in $product and not in its sbom.cdx.json"
done
