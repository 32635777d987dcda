# What the tests of the launcher share: a sandbox of a fake daemon. To be sourced with the binary, the fake daemon, and a directory to work in.
# shellcheck shell=bash
shim=$1 fake=$2 work=$3
namespace=saya-launcher-test
mkdir -p "$work/java-home/bin"
cp "$fake" "$work/java-home/bin/java"

export SAYA_JAVA_HOME=$work/java-home SAYA_CLASSPATH=none SAYA_RUN_DIR
SAYA_RUN_DIR=$(mktemp -d /tmp/saya-run-XXXXXX)
export ASAN_OPTIONS=log_path=$work/asan:detect_leaks=0 UBSAN_OPTIONS=log_path=$work/ubsan

# A test that failed may have left a guard: it takes all else with it.
leave() {
    local journal pid
    for journal in "$SAYA_RUN_DIR"/*/guard.journal; do
        [[ -e $journal ]] || continue
        pid=$(awk '$1 == "process" && $4 == "guard" {print $2}' "$journal")
        [[ -n $pid ]] && grep -q saya "/proc/$pid/comm" 2>/dev/null && kill "$pid"
    done
    awk -v work="$work/" 'index($5, work) == 1 {print $5}' /proc/self/mountinfo | while read -r path; do umount -l "$path"; done
    ip link delete "sy${$}c" 2>/dev/null || true
    [[ ! -d /sys/fs/cgroup/pids/sy$$/saya_x ]] || rmdir "/sys/fs/cgroup/pids/sy$$/saya_x"
    [[ ! -d /sys/fs/cgroup/pids/sy$$ ]] || rmdir "/sys/fs/cgroup/pids/sy$$"
    return 0
}
trap leave EXIT

test_name=
fail() {
    echo "FAIL $test_name: $*" >&2
    [[ -e $SAYA_TEST/output ]] && sed 's/^/     output: /' "$SAYA_TEST/output" >&2
    exit 1
}

# As packaging/lib/debian.sh has it: whether standard input, read to its end, has such a line.
found() { (( $(grep -c "$@" || true) > 0 )); }

# Waits at most ten seconds for a command to succeed.
until_true() {
    local end=$((SECONDS + 10))
    until "$@"; do
        ((SECONDS < end)) || fail "not within 10 s: $*"
        sleep 0.02
    done
}

# begin NAME [CONFIG.JSON]: a new sandbox with a bundle of its own.
begin() {
    test_name=$1
    id=${1//[^a-z0-9]/}
    SAYA_TEST=$work/$id
    export SAYA_TEST
    bundle=$SAYA_TEST/bundle
    mkdir -p "$bundle/rootfs"
    mkfifo "$bundle/log"
    address=$SAYA_TEST/containerd.sock
    hash=$(printf '%s/%s/%s' "$address" "$namespace" "$id" | sha256sum | cut -d' ' -f1)
    socket=/run/containerd/s/$hash
    run_directory=$SAYA_RUN_DIR/${id:0:40}-${hash:0:12}
}

call() { # call CONTAINER-ID BUNDLE ACTION: stdout and stderr are one pipe, as containerd has it
    (cd "$2" && exec "$shim" -namespace "$namespace" -address "$address" -publish-binary /bin/true -id "$1" "$3")
}
start() { call "$id" "$bundle" start </dev/null >"$SAYA_TEST/output" 2>&1; }
daemon() { tail -1 "$SAYA_TEST/daemons"; }
guard() { awk '$1 == "process" && $4 == "guard" {print $2}' "$run_directory/guard.journal"; }
alive() { [[ -d /proc/$1 ]] && ! grep -q '^State:.[ZX]' "/proc/$1/status" 2>/dev/null; }
dead() { ! alive "$1"; }
started_daemons() { wc -l <"$SAYA_TEST/daemons"; }
daemons_were() { (($(started_daemons) >= $1)); }
mounted() { awk -v path="$1" '$5 == path {found = 1} END {exit !found}' /proc/self/mountinfo; }
nothing_left() {
    [[ ! -e $run_directory ]] && [[ ! -e $socket ]] && ! grep -q " $SAYA_TEST" /proc/self/mountinfo
}
member_bundle() { # a second container of the pod
    mkdir -p "$SAYA_TEST/$1/rootfs"
    printf '{"annotations":{"io.kubernetes.cri.container-type":"container","io.kubernetes.cri.sandbox-id":"%s"}}' "$id" \
        >"$SAYA_TEST/$1/config.json"
}
deleted() { # the last output is a DeleteResponse: [pid], 137, a time
    local hex
    hex=$(xxd -p -c 999 "$SAYA_TEST/deleted")
    [[ $hex =~ ^${1:-}1089011a[0-9a-f]{2}08 ]] || fail "no DeleteResponse: $hex"
    [[ ! -s $SAYA_TEST/errors ]] || fail "delete wrote to stderr: $(cat "$SAYA_TEST/errors")"
}
delete() { call "$1" "$2" delete </dev/null >"$SAYA_TEST/deleted" 2>"$SAYA_TEST/errors"; }
finish() {
    until_true nothing_left
    if compgen -G "$work/asan*" >/dev/null || compgen -G "$work/ubsan*" >/dev/null; then
        cat "$work"/asan* "$work"/ubsan* 2>/dev/null || true
        fail "sanitizer report"
    fi
    echo "ok   $test_name"
}
