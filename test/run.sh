#!/usr/bin/env bash
# Builds the product and runs all tests, those with real VMs included. Root, Debian 12, a JDK 25; installs what else is missing.
# What each step is for and how long it takes: test/README.md.
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/.." && pwd)
source "$top/packaging/lib/debian.sh"
source "$top/packaging/lib/jdk.sh"

steps=(product lint unit launcher agent guest pods network shims containers faults metrics integration packages vsock machine hosts)
usage() {
  cat <<USAGE
usage: test/run.sh [--full] [--in-turn] [--only STEP]... [--test CLASS[.METHOD]]...

  --full        the long versions: more rounds of everything that is random, and the steps integration, packages, vsock, machine and hosts
  --in-turn     one step at a time; two are run side by side otherwise, on two processors and more
  --only STEP   just this step; STEP is one of: ${steps[*]}
  --test TEST   just this class of the suites with VMs, or this method of it, with the product that was built last
USAGE
}
full='' only=() chosen=() lanes=2
(( $(nproc) >= 2 )) || lanes=1
while (( $# )); do
  case $1 in
    --full) full=1; shift ;;
    --in-turn) lanes=1; shift ;;
    --only) [[ " ${steps[*]} " == *" ${2:-} "* ]] || { usage >&2; die "--only takes one of: ${steps[*]}"; }; only+=("$2"); shift 2 ;;
    --test) chosen+=("${2:?--test takes a class, or a class and a method: KillTest.aSignalForAllReachesExecsToo}"); only=(chosen); shift 2 ;;
    -h|--help) usage; exit 0 ;;
    *) usage >&2; die "unknown argument '$1'" ;;
  esac
done
if (( ${#only[@]} )); then
  steps=("${only[@]}")
elif [[ -z $full ]]; then
  # Much of integration is what the step containers tries as well; machine and hosts build other hosts first.
  steps=(product lint unit launcher agent guest pods network shims containers faults metrics)
fi
(( EUID == 0 )) || die "the tests mount, make namespaces and start VMs: run this as root"

# ---- steps ---------------------------------------------------------------------------------------------------------------
product() { "$top/packaging/build.sh"; }

lint() { "$here/lint/run.sh"; }

unit() {
  need_packages maven containerd qemu-system-x86 gcc make libc6-dev libjansson-dev nettle-dev procps
  local rounds=()
  [[ -z $full ]] || rounds=(-Dsaya.race.rounds=1000)
  # The form of the sources is lint's.
  built_by mvn verify -Dspotless.check.skip=true "${rounds[@]}"
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

containers() {
  need_packages busybox-static containerd cpio iproute2 procps python3-minimal qemu-system-x86 runc util-linux
  apart env "SAYA_TEST_FULL=$full" "$here/containers/run.sh" "$top/packaging/target/saya"
}

# apart COMMAND...: runs it where it sees no process, mount, interface and file in /run but its own, and where nothing outlives it: tests look
# for what is left on the whole host, and another step may be running. Many names contain a process id, and cgroups are seen by all: the ids
# of each step begin elsewhere.
apart() {
  # shellcheck disable=SC2016  # for the inner bash
  unshare --mount --pid --net --fork --kill-child --mount-proc --propagation private bash -c '
    mount -t tmpfs none /run && mkdir -p /run/lock /run/netns && ip link set lo up || exit
    echo "$1" > /proc/sys/kernel/ns_last_pid || true   # a kernel without CONFIG_CHECKPOINT_RESTORE has no such file
    shift
    "$@"
    exit "$?"   # after a command, so that bash stays: it reaps what loses its parent
  ' bash "$ids" "$@"
}

# The suites of this Maven module, with a product to try. JUnit's own console: Maven would go through all modules once more.
# suite NAME OPTION...: OPTION is one of JUnit's console.
suite() {
  local name=$1 classes=$here/target/test-classes lib=$here/target/lib lock
  shift
  exec {lock}> "$here/target/lock"
  flock "$lock"   # the first of two steps builds for both
  if suites_are_old; then
    built_by mvn -q -pl test -am -DskipTests -Dspotless.check.skip=true package || die "Maven could not build the suites, see above"
  fi
  exec {lock}>&-
  apart "$JAVA_HOME/bin/java" -Xmx512m -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    "-Dsaya.product=$top/packaging/target/saya" "-Dsaya.full=${full:-0}" "-Dsaya.runtime=${RUNTIME:-io.containerd.saya.v2}" \
    "-Dsaya.results=$here/target" \
    -cp "$classes:$here/target/classes:$lib/*" org.junit.platform.console.ConsoleLauncher execute --disable-banner --fail-if-no-tests --details=testfeed \
    --disable-ansi-colors --reports-dir="$here/target/$name-reports" "$@"
}

need_for_pods() {
  need_packages busybox-static containerd containernetworking-plugins e2fsprogs fuse-overlayfs gcc ipset iproute2 iptables kmod maven nftables procps qemu-system-x86 runc util-linux \
    wireguard-tools
}

# What is about networks, with containerd and without.
networks='.*\.(Network\w*|LateNetwork|PortForward)Test'

# short NAME OPTION...: leaves out what takes long, unless all is wanted.
short() {
  local name=$1
  shift
  [[ -n $full ]] || set -- "$@" --exclude-tag full
  suite "$name" --scan-classpath="$here/target/test-classes" "$@"
}

chosen() {
  need_for_pods
  local test file class selected=()
  for test in "${chosen[@]}"; do
    file=$(find "$here/src/test/java" -name "${test%%.*}.java")
    [[ -n $file ]] || die "no class ${test%%.*} below $here/src/test/java"
    class=${file#"$here/src/test/java/"} class=${class%.java} class=${class//\//.}
    if [[ $test == *.* ]]; then selected+=(--select-method="$class#${test#*.}"); else selected+=(--select-class="$class"); fi
  done
  suite chosen "${selected[@]}"
}

pods() {
  need_for_pods
  short pods --include-package io.saya.test.cri --exclude-classname "$networks"
}

network() {
  need_for_pods
  short network --include-package io.saya.test.cri --include-package io.saya.test.task --include-classname "$networks"
}

shims() {
  need_for_pods
  short shims --include-package io.saya.test.task --include-package io.saya.test.process \
    --exclude-classname "$networks"
}

faults() {
  need_packages busybox-static containerd cpio maven qemu-system-x86
  suite faults --scan-classpath="$here/target/test-classes" --include-package io.saya.test.fault
}

metrics() {
  need_for_pods
  need_packages chromium chromium-driver openssl prometheus
  "$top/packaging/observability/test.sh"
  short metrics --include-package io.saya.test.monitor
}

integration() {
  need_packages busybox-static containerd maven qemu-system-x86 runc
  suite integration --scan-classpath="$here/target/test-classes" --exclude-package io.saya.test.cri --exclude-package io.saya.test.task \
    --exclude-package io.saya.test.process --exclude-package io.saya.test.fault --exclude-package io.saya.test.monitor \
    --exclude-classname '.*\.HybridVsockTest'
}

packages() { "$here/packages/run.sh" "$top/packaging/target/saya"; }

# The daemon is built where there is a cargo; the suite says so where there is no daemon.
vsock() {
  need_packages busybox-static containerd maven qemu-system-x86
  local root=$here/target/vsock
  if [[ ! -x $root/bin/vhost-device-vsock ]] && command -v cargo > /dev/null; then
    cargo install --quiet --root "$root" vhost-device-vsock@0.3.0 || printf 'vhost-device-vsock cannot be built, see above\n'
  fi
  suite vsock --select-class=io.saya.test.HybridVsockTest
}

machine() { "$here/machine/limits.sh"; }

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
passed=0 failed=0 started=0
declare -A running=() since=()

end_all() {
  trap - EXIT INT TERM
  (( ${#running[@]} == 0 )) || kill "${!running[@]}" 2>/dev/null || true
}
trap end_all EXIT
trap 'end_all; exit 130' INT TERM

# one_ends: waits for any of the steps that run.
one_ends() {
  local pid='' step status=0
  wait -n -p pid "${!running[@]}" || status=$?
  step=${running[$pid]}
  unset "running[$pid]"
  if (( status == 0 )); then
    printf '%s: %s passed in %d s\n' "${0##*/}" "$step" "$((SECONDS - since[$step]))"
    passed=$((passed + 1))
  else
    tail -n 80 "$logs/$step" >&2
    printf '%s: %s FAILED after %d s; the whole log is %s\n' "${0##*/}" "$step" "$((SECONDS - since[$step]))" "$logs/$step" >&2
    failed=$((failed + 1))
  fi
}

# side_by_side STEP...: those of them that are wanted, as many at once as there are lanes. Once one has failed no other begins.
side_by_side() {
  local step ids
  for step in "$@"; do
    [[ " ${steps[*]} " == *" $step "* ]] || continue
    while (( ${#running[@]} >= lanes )); do one_ends; done
    (( failed == 0 )) || break
    printf '%s: %s ...\n' "${0##*/}" "$step"
    started=$((started + 1)) ids=$((started * 2000))
    since[$step]=$SECONDS
    # With set -e in force, as it is not in what stands before || or &&.
    ( trap - EXIT INT TERM; "$step" ) > "$logs/$step" 2>&1 &
    running[$!]=$step
  done
  while (( ${#running[@]} )); do one_ends; done
}

# In three parts, since Maven writes the files that suites are run from. In each, what takes longest comes first.
side_by_side product
side_by_side unit lint agent launcher guest
side_by_side pods network faults shims containers metrics machine integration packages vsock chosen
side_by_side hosts   # by itself, since it needs this machine's network
printf '%d passed, %d failed\n' "$passed" "$failed"
(( failed == 0 ))
