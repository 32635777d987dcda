#!/usr/bin/env bash
# Makes Debian packages of a built product, by debhelper, and has lintian look at them: packaging/README.md, "Debian packages".
#
#   packaging/debian/build.sh PRODUCT OUT [VERSION]      VERSION: the project's by default
#   SAYA_DEB_COMPRESSION=none SAYA_DEB_LINTIAN=no        for tests: larger, and in seconds
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC
umask 022
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
source "$top/packaging/lib/debian.sh"

product=${1:?the product\'s directory}
out=${2:?a directory for the packages}
# The project's version, in which a snapshot comes before the release.
version=${3:-$(sed -n 's|^  <version>\(.*\)</version>.*|\1|p' "$top/pom.xml" | head -n 1 | sed 's/-SNAPSHOT/~snapshot/')}
[[ $version =~ ^[0-9][0-9A-Za-z.+~]*$ ]] || die "version '$version' is none of Debian's (expected: a digit, then digits, letters, . + ~)"
[[ $(dpkg --print-architecture) == amd64 ]] || die "packages are built for amd64 only, this is $(dpkg --print-architecture): the guest and the launcher exist for no other"
[[ -x $product/bin/containerd-shim-saya-v2 ]] || die "$product is no product (expected: what packaging/build.sh makes)"
need_packages debhelper fakeroot lintian

work=$out/work
rm -rf "$work"
mkdir -p "$work/debian" "$work/man" "$work/completion"
product=$(cd "$product" && pwd)
cp "$here"/* "$work/debian/"
rm "$work/debian/build.sh"
# Times matter: the AOT cache knows its jars by them. None is newer than the entry, so debhelper leaves them as they are.
newest=$(find "$product" -type f -printf '%T@\n' | sort -n | tail -n 1 | cut -d. -f1)
sed -e "s/@VERSION@/$version/" -e "s/@DATE@/$(date -R -d "@$((newest + 1))")/" "$here/changelog" > "$work/debian/changelog"
sed -e "s/@VERSION@/$version/" "$here/saya.postinst" > "$work/debian/saya.postinst"
sed 's|/opt/saya/bin/saya|/usr/bin/saya|' "$top/packaging/observability/systemd/saya-monitor.service" > "$work/debian/saya-monitor.service"
cp -R "$top/packaging/observability/prometheus" "$top/packaging/observability/grafana" "$work/"
rm "$work"/prometheus/*-test.yml

# Hard links where they can be: the product has 300 MB.
cp -al "$product" "$work/dist" 2>/dev/null || cp -a "$product" "$work/dist"
install -m 755 "$here/versions" "$work/versions"

# pages WORD...: the page of a command and those of its subcommands.
pages() {
  local name=saya word
  for word; do name+=-$word; done
  "$product/bin/saya" man "$@" > "$work/man/$name.8"
  for word in $(sed -n '/^\.SH COMMANDS/,/^\.SH [^C]/s/^\\fB\(.*\)\\fR$/\1/p' "$work/man/$name.8" | sed 's/\\-/-/g'); do
    pages "$@" "$word"
  done
}
say "manual pages ..."
pages
cp "$here/containerd-shim-saya-v2.8" "$work/man/"
# Sourced, not run.
"$product/bin/saya" completion | sed "1{/^#!/d}" > "$work/completion/saya"
cp "$here/zsh-completion" "$work/completion/_saya"

say "packages of version $version ..."
(cd "$work" && fakeroot debian/rules binary) > "$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; die "debhelper failed; its log is $work/log"; }
if [[ ${SAYA_DEB_LINTIAN:-yes} == yes ]]; then
  say "lintian ..."
  lintian --tag-display-limit 0 --fail-on error,warning "$out"/saya_"${version}"_amd64.deb "$out"/saya-monitor_"${version}"_all.deb ||
    die "lintian found something in the packages, see above"
fi
rm -rf "$work"
say "ready: $(find "$out" -name "saya*_${version}_*.deb" -printf '%f ') in $out"
