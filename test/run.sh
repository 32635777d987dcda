#!/usr/bin/env bash
# Builds the product and runs all tests, those with real VMs included. Root, Debian 12, a JDK 25; installs what else is missing.
# What each step is for and how long it takes: test/README.md.
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/.." && pwd)
source "$top/packaging/lib/debian.sh"
source "$top/packaging/lib/jdk.sh"

steps=(product unit launcher agent guest containers pods faults integration hosts)
usage() {
  cat <<USAGE
usage: test/run.sh [--full] [--only STEP]...

  --full        the long versions: more rounds of everything that is random, and the steps integration and hosts
  --only STEP   just this step; STEP is one of: ${steps[*]}
USAGE
}
full='' only=()
while (( $# )); do
  case $1 in
    --full) full=1; shift ;;
    --only) [[ " ${steps[*]} " == *" ${2:-} "* ]] || { usage >&2; die "--only takes one of: ${steps[*]}"; }; only+=("$2"); shift 2 ;;
    -h|--help) usage; exit 0 ;;
    *) usage >&2; die "unknown argument '$1'" ;;
  esac
done
if (( ${#only[@]} )); then
  steps=("${only[@]}")
elif [[ -z $full ]]; then
  # Much of it is what the step containers tries as well.
  steps=(product unit launcher agent guest containers pods faults)
fi
(( EUID == 0 )) || die "the tests mount, make namespaces and start VMs: run this as root"

# ---- steps ---------------------------------------------------------------------------------------------------------------
product() { "$top/packaging/build.sh"; }

unit() {
  need_packages maven containerd qemu-system-x86 gcc make libc6-dev libjansson-dev nettle-dev procps
  local rounds=()
  [[ -z $full ]] || rounds=(-Dsaya.race.rounds=1000)
  built_by mvn verify "${rounds[@]}"
}

# built_by COMMAND...: runs Maven for all modules, and notes what is built: everything that is not newer than the moment before.
built_by() {
  : > "$here/target/begun"
  (cd "$top" && "$@") || return
  mv "$here/target/begun" "$built"
}

# Whether a source of these suites, or of the module that they use, is newer than what was built last. Directories count: a file that
# has gone makes its directory newer.
suites_are_old() {
  [[ ! -e $built || ! -d $here/target/test-classes || ! -d $here/target/lib ]] ||
    find "$top/pom.xml" "$here/pom.xml" "$here/src" "$top/agent-proto" -name target -prune -o \
      \( -name pom.xml -o -path '*/src/*' \) -newer "$built" -print -quit | grep -q .
}

launcher() { "$top/packaging/launcher/test.sh"; }

agent() { "$top/packaging/guest/agent/test.sh"; }

guest() {
  local boots=3
  [[ -z $full ]] || boots=10
  BOOTS=$boots "$top/packaging/guest/test.sh"
}

containers() { SAYA_TEST_FULL=$full "$here/containers/run.sh" "$top/packaging/target/saya"; }

# The suites of this Maven module, with a product to try. JUnit's own console: Maven would go through all modules once more.
# suite NAME COMMAND... -- OPTION...: COMMAND starts it, OPTION is one of JUnit's console.
suite() {
  local name=$1 classes=$here/target/test-classes lib=$here/target/lib command=()
  shift
  while [[ $1 != -- ]]; do command+=("$1"); shift; done
  shift
  if suites_are_old; then
    built_by mvn -q -pl test -am -DskipTests -Dspotless.check.skip=true package || die "Maven could not build the suites, see above"
  fi
  "${command[@]}" "$JAVA_HOME/bin/java" -Xmx512m -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    "-Dsaya.product=$top/packaging/target/saya" "-Dsaya.full=${full:-0}" "-Dsaya.runtime=${RUNTIME:-io.containerd.saya.v2}" \
    "-Dsaya.results=$here/target" \
    -cp "$classes:$here/target/classes:$lib/*" org.junit.platform.console.ConsoleLauncher execute --disable-banner --details=testfeed \
    --disable-ansi-colors --scan-classpath="$classes" --reports-dir="$here/target/$name-reports" "$@"
}

# Pods need networks: those of the tests are in a network namespace of their own, and go with it.
pods() {
  need_packages busybox-static containerd containernetworking-plugins iproute2 maven nftables procps qemu-system-x86 runc util-linux
  local short=(--exclude-tag full)
  [[ -z $full ]] || short=()
  suite pods unshare --net sh -c 'ip link set lo up && exec "$@"' sh -- --include-package io.saya.test.cri --include-package io.saya.test.task \
    --include-package io.saya.test.process "${short[@]}"
}

faults() {
  need_packages busybox-static containerd cpio maven qemu-system-x86
  suite faults env -- --include-package io.saya.test.fault
}

integration() {
  need_packages busybox-static containerd maven qemu-system-x86 runc
  suite integration env -- --exclude-package io.saya.test.cri --exclude-package io.saya.test.task --exclude-package io.saya.test.process --exclude-package io.saya.test.fault
}

hosts() {
  need_packages busybox-static containerd containernetworking-plugins iproute2 python3-minimal runc
  "$here/hosts/run.sh"
}

# ---- run -----------------------------------------------------------------------------------------------------------------
JAVA_HOME=$(find_jdk 25)
export JAVA_HOME
logs=$top/test/target/logs
built=$top/test/target/built
mkdir -p "$logs"
passed=0
for step in "${steps[@]}"; do
  printf '%s: %s ...\n' "${0##*/}" "$step"
  started=$SECONDS
  if "$step" > "$logs/$step" 2>&1; then
    printf '%s: %s passed in %d s\n' "${0##*/}" "$step" "$((SECONDS - started))"
    passed=$((passed + 1))
  else
    tail -n 80 "$logs/$step" >&2
    printf '%s: %s FAILED after %d s; the whole log is %s\n' "${0##*/}" "$step" "$((SECONDS - started))" "$logs/$step" >&2
    printf '%d passed, 1 failed\n' "$passed"
    exit 1
  fi
done
printf '%d passed, 0 failed\n' "$passed"
