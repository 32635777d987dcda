#!/usr/bin/env bash
# What is written in C, for 64-bit ARM: compiled by Debian's cross compiler with all warnings, linked with that architecture's libraries, started by
# QEMU's user mode. Nothing for it is shipped, and build.sh refuses: no machine of that kind was there to try it. This holds that sources stay fit for it.
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
source "$top/packaging/lib/debian.sh"
target=$top/test/target/arm64
machine=aarch64-linux-gnu
need_packages file gcc-$machine libc6-dev-arm64-cross libprotobuf-dev make protobuf-c-compiler qemu-user

# ---- that architecture's libraries: apt reads lists of its own, so that this host's know nothing of another architecture -----------
packages=(libjansson-dev libprotobuf-c-dev libyajl-dev nettle-dev)
root=$target/root
if [[ ! -e $root/complete ]]; then
  rm -rf "$target"
  mkdir -p "$target"/{lists/partial,debs,root}
  debian_index
  debian_archives > "$target/sources.list"
  options=(-q -o "Dir::Etc::sourcelist=$target/sources.list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$target/lists" -o Dir::State::status=/dev/null
    -o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache= -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update >&2 || die "cannot read Debian's lists for arm64"
  (cd "$target/debs" && apt-get "${options[@]}" download "${packages[@]}" >&2) || die "cannot download libraries for arm64"
  for package in "$target"/debs/*.deb; do dpkg-deb -x "$package" "$root"; done
  : > "$root/complete"
fi
compiler="$machine-gcc -isystem $root/usr/include -L$root/usr/lib/$machine"

# ---- launcher and guard, agent ------------------------------------------------------------------------------------------------------
make -s -k -j"$(nproc)" -C "$top/packaging/launcher" CC="$compiler" OUT="$target/launcher"
make -s -k -j"$(nproc)" -C "$top/packaging/guest/agent" CC="$compiler" STRIP=$machine-strip BUILD="$target/agent" OUT="$target/agent/out"
for program in "$target/launcher/containerd-shim-saya-v2" "$target/agent/out/saya-agent"; do
  file -b "$program" | found 'ARM aarch64.*static-pie linked' || die "$program is no static program for arm64: $(file -b "$program")"
done
qemu-aarch64 "$target/launcher/containerd-shim-saya-v2" -v | found 'containerd-shim-saya-v2' || die "the launcher does not start"
say "launcher and agent are built for arm64; the launcher starts"
