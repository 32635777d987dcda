#!/usr/bin/env bash
# What a reader of the text alone can see: form, usual mistakes, links that lead nowhere. The tools are Debian's (clang 14, shellcheck,
# flake8), beside Spotless for Java: their versions come with the release, and one source of tools less has to be reached than with PyPI.
# All checks are made, also when one has failed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
source "$top/packaging/lib/debian.sh"
source "$top/packaging/lib/jdk.sh"
need_packages clang-format clang-tidy flake8 gcc libc6-dev libjansson-dev libprotobuf-c-dev libprotobuf-dev libyajl-dev make maven nettle-dev \
  protobuf-c-compiler python3-minimal shellcheck
JAVA_HOME=$(find_jdk 25)
export JAVA_HOME
cd "$top"

# sources EXPRESSION...: the files that find knows by it, without what was built.
sources() { find . \( -name target -o -name build -o -name .git \) -prune -o -type f \( "$@" \) -print0; }

c_format() { sources -name '*.c' -o -name '*.h' | xargs -0 clang-format --dry-run --Werror; }

# Only for files that have changed since, and for the sources that are shipped. The analyzer, which follows paths through a function, takes
# twenty times as long as all other checks together: with SAYA_TEST_FULL alone.
c_tidy() {
  local status=0 out=$top/packaging/target/lint tidy='--checks=-clang-analyzer-*'
  [[ -z ${SAYA_TEST_FULL:-} ]] || { out=$out/full tidy=''; }
  make -s -k -O -j"$(nproc)" -C packaging/launcher OUT="$out/launcher" TIDY="$tidy" tidy || status=$?
  make -s -k -O -j"$(nproc)" -C packaging/guest/agent BUILD="$out/agent" TIDY="$tidy" tidy || status=$?
  return "$status"
}

shell() {
  local scripts=()
  mapfile -t scripts < <(sources -name '*.sh' -o ! -name '*.*' |
    xargs -0 awk 'FNR == 1 && (FILENAME ~ /\.sh$/ || /^#!.*\/(env )?(ba)?sh$/) {print FILENAME} {nextfile}')
  shellcheck "${scripts[@]}"
}

python() { flake8; }

pages() { /usr/bin/python3 -B "$here/pages.py" "$top"; }

promises() { /usr/bin/python3 -B "$here/promises.py" "$top"; }

supply() { "$here/supply.sh"; }

java() { mvn -q spotless:check; }

failed=()
for check in c_format c_tidy shell python pages promises supply java; do
  started=$SECONDS
  "$check" || failed+=("$check")
  printf '%-9s %2d s\n' "$check" "$((SECONDS - started))"
done
(( ${#failed[@]} == 0 )) || die "${failed[*]}: see above; clang-format -i FILE and mvn spotless:apply mend the form of C and Java"
