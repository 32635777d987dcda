#!/usr/bin/env bash
# Builds the product and runs all tests, those with real VMs included. Root, Debian 12, a JDK 25; installs what else is missing.
# What each step is for and how long it takes: test/README.md.
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/.." && pwd)
source "$top/packaging/lib/debian.sh"
source "$top/packaging/lib/jdk.sh"

steps=(product lint unit launcher agent guest pods resources network shims containers faults metrics templates integration packages vsock machine arm64 reproducible hosts)
usage() {
  cat <<USAGE
usage: test/run.sh [--full] [--strict] [--in-turn] [--templates] [--only STEP]... [--test CLASS[.METHOD]]...

  --full        the long versions: more rounds of everything that is random, and the steps templates, integration, packages, vsock, machine,
                arm64, reproducible and hosts
  --strict      a step that fails has failed; otherwise one of several is tried once more when the others have ended, and the end of the run says so
  --in-turn     one step at a time; otherwise, on two processors and more, one more is run side by side than there are processors, at most four
  --templates   VMs start from templates where they can; the step templates is pods and network like that
  --only STEP   just this step; STEP is one of: ${steps[*]}
  --test TEST   just this class of the suites with VMs, or this method of it, with the product that was built last
USAGE
}
full='' strict='' templates='' only=() chosen=()
# One more than processors: a test waits for a third of its time, for a pod's end, a time-out, a disk.
lanes=$(( $(nproc) == 1 ? 1 : $(nproc) > 3 ? 4 : $(nproc) + 1 ))
while (( $# )); do
  case $1 in
    --full) full=1; shift ;;
    --strict) strict=1; shift ;;
    --in-turn) lanes=1; shift ;;
    --templates) templates=1; shift ;;
    --only) [[ " ${steps[*]} " == *" ${2:-} "* ]] || { usage >&2; die "--only takes one of: ${steps[*]}"; }; only+=("$2"); shift 2 ;;
    --test) chosen+=("${2:?--test takes a class, or a class and a method: KillTest.aSignalForAllReachesExecsToo}"); only=(chosen); shift 2 ;;
    -h|--help) usage; exit 0 ;;
    *) usage >&2; die "unknown argument '$1'" ;;
  esac
done
if (( ${#only[@]} )); then
  steps=("${only[@]}")
elif [[ -z $full ]]; then
  # Much of integration is what the step containers tries as well, templates repeats two steps; machine and hosts build other hosts first.
  steps=(product lint unit launcher agent guest pods resources network shims containers faults metrics)
fi
(( EUID == 0 )) || die "the tests mount, make namespaces and start VMs: run this as root"

# ---- steps ---------------------------------------------------------------------------------------------------------------
product() { "$top/packaging/build.sh"; }

lint() { SAYA_TEST_FULL=$full "$here/lint/run.sh"; }

unit() {
  need_packages maven containerd qemu-system-x86 gcc make libc6-dev libjansson-dev nettle-dev procps
  local rounds=()
  [[ -z $full ]] || rounds=(-Dsaya.race.rounds=1000)
  suites   # so that two Mavens never compile the same
  # The form of the sources is lint's. A module that fails must not hide what the others have to say.
  (cd "$top" && mvn --fail-at-end verify -Dspotless.check.skip=true "${rounds[@]}")
}

# suites: builds the suites of this Maven module where they are old, and copies them: steps run from the copy, so that Maven may go over the
# modules once more meanwhile. The first of several steps does it for all.
suites() {
  local lock
  exec {lock}> "$here/target/lock"
  flock "$lock"
  if suites_are_old; then
    rm -rf "$copy" "$copy.new"
    mkdir -p "$copy.new"
    : > "$copy.new/begun"   # what changes meanwhile is newer
    (cd "$top" && mvn -q -pl test -am -DskipTests -Dspotless.check.skip=true package) || die "Maven could not build the suites, see above"
    cp -a "$here/target"/{test-classes,classes,lib} "$copy.new/"
    mv "$copy.new" "$copy"
  fi
  exec {lock}>&-
}

# Whether a source of these suites, or of the module that they use, is newer than what was built last. Directories count: a file that
# has gone makes its directory newer.
suites_are_old() {
  [[ ! -e $copy/begun ]] ||
    find "$top/pom.xml" "$here/pom.xml" "$here/src" "$top/agent-proto" -name target -prune -o \
      \( -name pom.xml -o -path '*/src/*' \) -newer "$copy/begun" -print -quit | found .
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
    if [[ -n $2 ]]; then   # seen in the place of the product'"'"'s own, by this step alone
      file=$2/share/defaults/saya/configuration.toml
      sed "s/^#* *enable_template *=.*/enable_template = true/" "$file" > /run/configuration.toml && grep -q "^enable_template = true" /run/configuration.toml &&
        mount --bind /run/configuration.toml "$file" && "$2/bin/saya" factory init || exit   # no pod of a test lives until one is made
    fi
    shift 2
    "$@"
    exit "$?"   # after a command, so that bash stays: it reaps what loses its parent
  ' bash "$ids" "${templates:+$top/packaging/target/saya}" "$@"
}

# The suites, with a product to try. JUnit's own console: Maven would go through all modules once more. What the test's Java does is short:
# its best compiler would take more time than it gives back.
# suite NAME OPTION...: OPTION is one of JUnit's console.
suite() {
  local name=$1
  shift
  suites
  apart "$JAVA_HOME/bin/java" -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED \
    --sun-misc-unsafe-memory-access=allow \
    "-Dsaya.product=$top/packaging/target/saya" "-Dsaya.full=${full:-0}" "-Dsaya.runtime=${RUNTIME:-io.containerd.saya.v2}" \
    "-Dsaya.results=$here/target" \
    -cp "$copy/test-classes:$copy/classes:$copy/lib/*" org.junit.platform.console.ConsoleLauncher execute --disable-banner --fail-if-no-tests \
    --details=testfeed --disable-ansi-colors --reports-dir="$here/target/$name-reports" "$@"
}

need_for_pods() {
  need_packages busybox-static containerd containernetworking-plugins e2fsprogs erofs-utils fuse-overlayfs gcc ipset iproute2 iptables kmod maven nftables procps qemu-system-x86 runc sqlite3 util-linux \
    wireguard-tools xfsprogs
  # What fills a disk and is tried by the long versions alone.
  [[ -z $full ]] || need_packages buildah postgresql-15
  # Here, since the tests themselves reach no network.
  [[ -z $full && " ${chosen[*]} " != *" SystemdTest"* ]] || "$here/systemd/root.sh" "$here/target/systemd"
}

# What is about networks, with containerd and without.
networks='.*\.(Network\w*|LateNetwork|PortForward)Test'

# short NAME OPTION...: leaves out what takes long, unless all is wanted.
short() {
  local name=$1
  shift
  [[ -n $full ]] || set -- "$@" --exclude-tag full
  suite "$name" --scan-classpath="$copy/test-classes" "$@"
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

# What is about memory, processors, cgroups and figures.
resources='.*\.(Size|Limits|Cgroup|MemoryBacking|MemoryModules|GuestSwap|Numa|OutOfMemory|PageCache|Ceiling|BusyNode|Stats|Figures|Metrics)Test'

pods() {
  need_for_pods
  short pods --include-package io.saya.test.cri --exclude-classname "$networks" --exclude-classname "$resources" --exclude-classname "$pods_that_suffer"
}

resources() {
  need_for_pods
  short resources --include-package io.saya.test.cri --include-classname "$resources"
}

network() {
  need_for_pods
  short network --include-package io.saya.test.cri --include-package io.saya.test.task --include-classname "$networks"
}

shims() {
  need_for_pods
  short shims --include-package io.saya.test.task --include-package io.saya.test.process --include-package io.saya.test.agent \
    --exclude-classname "$networks"
}

# The step has its own processes, mounts and /run, and so its own templates. Pods of other sizes than the default boot.
templates() {
  local templates=1
  pods && network
}

# Of the suite of faults, but in need of pods.
pods_that_suffer='.*\.cri\.DaemonKillsTest'

faults() {
  need_for_pods
  need_packages cpio
  suite faults --scan-classpath="$copy/test-classes" --include-package io.saya.test.fault --include-package io.saya.test.cri \
    --include-classname '.*\.fault\.\w*Test' --include-classname "$pods_that_suffer"
}

metrics() {
  need_for_pods
  need_packages chromium chromium-driver openssl prometheus
  "$top/packaging/observability/test.sh"
  short metrics --include-package io.saya.test.monitor
}

integration() {
  need_packages busybox-static containerd maven qemu-system-x86 runc
  suite integration --scan-classpath="$copy/test-classes" --exclude-package io.saya.test.cri --exclude-package io.saya.test.task \
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
  suite vsock --select-class=io.saya.test.HybridVsockTest --select-class=io.saya.test.agent.HybridAgentTest
}

machine() {
  "$here/machine/limits.sh"
  "$here/machine/pod.sh"
  suites
  "$here/machine/vsock.sh" "$copy"
  "$here/machine/packages.sh" "$top/packaging/target/saya"
}

arm64() { "$here/arm64/run.sh"; }

reproducible() { "$here/reproducible/run.sh" "$top/packaging/target/saya"; }

hosts() {
  need_packages busybox-static containerd containernetworking-plugins curl iproute2 openssl python3 runc
  "$here/hosts/run.sh"
}

# ---- run -----------------------------------------------------------------------------------------------------------------
JAVA_HOME=$(find_jdk 25)
export JAVA_HOME
logs=$top/test/target/logs
copy=$top/test/target/suites
mkdir -p "$logs"
passed=0 failed=0 started=0 failures=() again=() unsteady=()
declare -A running=() since=()

end_all() {
  trap - EXIT INT TERM
  local pid
  for pid in "${!running[@]}"; do kill -- "-$pid" 2>/dev/null || true; done
}
trap end_all EXIT
trap 'end_all; exit 130' INT TERM

# failed_in LOG: what of JUnit's feed, of Maven or of a script says what failed, in few lines.
failed_in() {
  local found
  found=$(grep -E -A 2 -e ':: FAILED$' -e '^\[ERROR\]   ' -e '(^|: )FAIL(ED)?:? ' "$1" | cut -c 1-400 | head -n 40) || true
  printf '%s\n' "${found:-see above}"
}

# one_ends: waits for any of the steps that run. The first two that fail have another try by themselves: a busy host can make a test fail that is
# right, and what fails by itself as well is broken.
one_ends() {
  local pid='' step status=0
  wait -n -p pid "${!running[@]}" || status=$?
  step=${running[$pid]}
  unset "running[$pid]"
  if (( status == 0 )); then
    printf '%s: %s passed in %d s\n' "${0##*/}" "$step" "$((SECONDS - since[$step]))"
    passed=$((passed + 1))
    return
  fi
  tail -n 80 "$logs/$step" >&2
  printf '%s: %s FAILED after %d s; the whole log is %s\n' "${0##*/}" "$step" "$((SECONDS - since[$step]))" "$logs/$step" >&2
  if [[ -z $strict && $step != product && " ${again[*]} " != *" $step "* ]] && (( ${#steps[@]} > 1 && ${#again[@]} < 2 )); then
    mv "$logs/$step" "$logs/$step.first"
    again+=("$step") unsteady+=("$step, at first: $(failed_in "$logs/$step.first")")
    return
  fi
  failures+=("$step: $(failed_in "$logs/$step")")
  failed=$((failed + 1))
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
    # With set -e in force, as it is not in what stands before || or &&. A process group of its own, so that all of a step can be ended.
    set -m
    ( set +m; trap - EXIT INT TERM; "$step" ) > "$logs/$step" 2>&1 < /dev/null &
    set +m
    running[$!]=$step
  done
  while (( ${#running[@]} )); do one_ends; done
}

# First what the others use. Then what takes longest first, but for two that need no Java beside the first, which builds the suites for all.
side_by_side product
side_by_side pods containers lint unit network faults resources shims templates metrics agent launcher guest machine integration packages vsock arm64 reproducible chosen
side_by_side hosts   # by itself, since it needs this machine's network
for step in "${again[@]}"; do side_by_side "$step"; done
# Whoever reads that all passed has to see what did not at first: it is a fault of the test, or of the product.
(( ${#unsteady[@]} == 0 )) || printf '\nFailed, and tried once more by itself (the first log is in %s/STEP.first):\n%s\n' "$logs" "$(printf '%s\n' "${unsteady[@]}")"
(( ${#failures[@]} == 0 )) || printf '\n%s\n' "${failures[@]}"   # once more: what else ended after a failure has hidden it
printf '%d passed, %d failed\n' "$passed" "$failed"
(( failed == 0 ))
