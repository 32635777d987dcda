#!/usr/bin/env bash
# packaging/debian/versions by itself: which copy is current after an upgrade, one that is taken back, and the same version with other files.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
source "$top/packaging/lib/debian.sh"
home=$(mktemp -d "${TMPDIR:-/tmp}/saya-versions.XXXXXX")
running=
trap '[[ -z $running ]] || kill "$running"; rm -rf "$home"' EXIT

# unpack TEXT: as dpkg does it, by a file of its own.
unpack() {
  printf '%s\n' "$1" > "$home/new"
  mv "$home/new" "$home/dist/text"
}

is() { # LINE...: what there is
  local found wanted
  found=$("$home/versions" list | LC_ALL=C sort) wanted=$(printf '%s\n' "$@")
  [[ $found == "$wanted" ]] || die "expected: ${wanted//$'\n'/; } found: ${found//$'\n'/; }"
}

cp "$top/packaging/debian/versions" "$home/versions"
mkdir "$home/dist"
cp /bin/sleep "$home/dist/program"
unpack one
"$home/versions" activate 1.0
is "1.0, current"
"$home/current/program" 1000 & running=$!
until [[ $(readlink "/proc/$running/exe") == "$home/1.0/program" ]]; do kill -0 "$running"; done
unpack two
"$home/versions" activate 1.1
is "1.0, in use" "1.1, current"
unpack one
"$home/versions" activate 1.0
is "1.0, current, in use"
unpack "one, built anew"
"$home/versions" activate 1.0
is "1.0, in use" "1.0.1, current"
[[ $(cat "$home/1.0/text") == one ]] || die "what runs was changed"
kill "$running"
wait "$running" || true
running=
"$home/versions" prune
is "1.0.1, current"
echo "versions: as they must be"
