# shellcheck shell=bash
# Debian's archive as a source of build inputs. Sourced, not run; needs `set -euo pipefail` in the caller.
#
# Two kinds of need are kept apart: tools that run on the build machine are installed (need_packages), parts of the
# guest are only downloaded and unpacked into a cache (debian_binary, debian_source), so that building a guest never
# changes which kernel or libraries the machine itself has.

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "error: $*"; exit 1; }
# found ARGUMENTS OF GREP...: whether standard input has such a line. Reads to its end: grep -q ends at the first, and a program that still writes
# then dies of SIGPIPE, which pipefail takes for a failure of the whole.
found() { (( $(grep -c "$@" || true) > 0 )); }

# need_packages NAME...: installs those that are missing. Asks dpkg first, so that a machine that has all is not slowed
# down and needs no network.
need_packages() {
  local name missing=()
  for name in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || missing+=("$name")
  done
  (( ${#missing[@]} )) || return 0
  (( EUID == 0 )) || die "these Debian packages are missing: ${missing[*]}; install them (apt-get install ${missing[*]}) or run this as root"
  say "installing ${missing[*]}"
  local lock
  exec {lock}> /run/lock/saya-packages
  flock "$lock"   # two steps of the tests may need something at once
  debian_index
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >&2 {lock}>&- \
    || die "apt-get could not install ${missing[*]}; see its message above"
  exec {lock}>&-
}

# debian_index: brings apt's package lists up to date, once in a build.
debian_index() {
  [[ -z ${SAYA_APT_UPDATED:-} ]] || return 0
  (( EUID == 0 )) || return 0   # an ordinary user works with the lists that are there
  apt-get update -q >&2 || say "apt-get update failed; going on with the package lists that are there"
  export SAYA_APT_UPDATED=1
}

# debian_binary PACKAGE DIRECTORY: downloads the package's .deb (checked by apt against the signed index) into DIRECTORY
# unless it is there, and prints its path.
debian_binary() {
  local package=$1 directory=$2 uri name
  mkdir -p "$directory"
  uri=$(apt-get download --print-uris "$package" 2>/dev/null) && [[ -n $uri ]] \
    || die "apt knows no package '$package'; run apt-get update, and see that Debian's main archive is among its sources"
  name=$(awk '{print $2}' <<<"$uri")
  if [[ ! -f $directory/$name ]]; then
    say "downloading $package"
    # _apt may not enter the cache of another user, hence root's own fetch (the signature is checked all the same).
    (cd "$directory" && apt-get download -q -o APT::Sandbox::User=root "$package" >&2) || die "cannot download $package"
  fi
  printf '%s\n' "$directory/$name"
}

# debian_archives: prints Debian's archives that apt on this machine uses, as a list of sources.
debian_archives() {
  local found
  # shellcheck disable=SC2016  # apt's own variables
  found=$(apt-get indextargets --format 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(REPO_URI) $(RELEASE) $(COMPONENT)' \
    'Created-By: Packages' 'Origin: Debian' 'Component: main' | LC_ALL=C sort -u)
  [[ -n $found ]] || die "apt has no Debian archive among its sources"
  printf '%s\n' "$found"
}

# debian_source PACKAGE DIRECTORY: downloads the newest source package into DIRECTORY and prints the path of its .dsc. Works
# where apt has no deb-src line: it uses the configured Debian archives through a list of its own.
debian_source() {
  local package=$1 directory=$2 lists
  lists=$directory/apt-sources
  mkdir -p "$lists/lists/partial"
  # shellcheck disable=SC2016  # apt's own variables
  apt-get indextargets --format 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(REPO_URI) $(RELEASE) $(COMPONENT)' \
    'Created-By: Packages' 'Origin: Debian' 'Component: main' | LC_ALL=C sort -u > "$lists/sources.list"
  [[ -s $lists/sources.list ]] || die "apt has no Debian archive among its sources, cannot find the source of $package"
  local options=(-q -o "Dir::Etc::sourcelist=$lists/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$lists/lists" -o "Dir::Cache::srcpkgcache=" -o "Dir::Cache::pkgcache=" -o APT::Sandbox::User=root)
  say "downloading the source of $package"
  apt-get "${options[@]}" update >&2 || die "cannot read the source lists of Debian's archive"
  (cd "$directory" && apt-get "${options[@]}" source --download-only "$package" >&2) || die "cannot download the source of $package"
  local dsc
  dsc=$(find "$directory" -maxdepth 1 -name "${package}_*.dsc" | LC_ALL=C sort -V | tail -n 1)
  [[ -n $dsc ]] || die "apt-get source $package left no .dsc in $directory"
  printf '%s\n' "$dsc"
}
