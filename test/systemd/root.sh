#!/usr/bin/env bash
# Unpacks a Debian with systemd and dbus, as an image for containers has it: no kernel, no udev. Kept and used again while its inputs are the
# same; prints the directory with its files.
#
#   test/systemd/root.sh DIRECTORY     where it is kept
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../packaging/lib/debian.sh"
cache=${1:?the directory in which it is kept}
(( EUID == 0 )) || die "files of root's can only be made by root"
packages=(dbus procps systemd systemd-sysv)
key=$({ printf '%s\n' "${packages[@]}"; cat "$here/root.sh"; } | sha256sum | cut -c1-16)
root=$cache/$key
mkdir -p "$cache"
exec {lock}> "$cache/lock"
flock "$lock"
if [[ -d $root ]]; then echo "$root"; exit 0; fi

need_packages mmdebstrap
work=$(mktemp -d "$cache/new.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
debian_index
debian_archives > "$work/sources"
say "unpacking a Debian with systemd"
# shellcheck disable=SC2016  # $1 is the directory, for the shell of the hook
mmdebstrap --quiet --variant=essential --mode=root --include="$(IFS=,; echo "${packages[*]}")" \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*' \
  "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$work/root" "$work/sources" >&2 || die "mmdebstrap could not make it, see above"
rm -rf --one-file-system "$work/root/dev"
mkdir "$work/root/dev"   # a container has its own
mv "$work/root" "$root"
echo "$root"
