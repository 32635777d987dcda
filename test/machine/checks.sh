#!/bin/bash
# What only a host with systemd and nothing but version 2 of cgroups can show; runs in the machine (run.sh), some minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source ./assertions.sh
image=saya.local/checks:latest slice=checks-pod1.slice
in_container() { timeout 300 ctr task exec --exec-id "e$SECONDS-$RANDOM" "$@"; }

run() { # ID SLICE OPTION...
  local id=$1 slice=$2
  shift 2
  timeout 1200 ctr run -d --runtime io.containerd.saya.v2 --cgroup "$slice:checks:$id" "$@" "$image" "$id" sleep 100000
}

# ---- the host

equal "first process" "$(cat /proc/1/comm)" systemd
equal "cgroups" "$(stat -f -c %T /sys/fs/cgroup)" cgroup2fs
install_saya
until ctr version > /dev/null 2>&1; do sleep 1; done
ctr image import image.tar > /dev/null
saya/bin/saya check > checked 2>&1 || { cat checked; fail "saya check"; }
ok "saya check: $(grep -c '^pass' checked) checks passed"

# ---- a pod's container with limits, in a slice

slice "$slice" 700M
begin=$SECONDS
run c1 "$slice" --mount type=cgroup,src=cgroup,dst=/sys/fs/cgroup,options=ro --memory-limit $((64 << 20)) --cpus 0.5 || fail "the container does not start"
ok "a container was ready after $((SECONDS - begin)) s"
qemu=$(qemu_of c1)
[[ -n $qemu ]] || fail "no QEMU of the container"
cgroup=/checks.slice/$slice/checks-c1.scope
equal "QEMU's cgroup" "$(cat "/proc/$qemu/cgroup")" "0::$cgroup"
# Whoever is in there is denied what QEMU does not need. The list comes when QEMU has opened what it does need.
device_there() {
  # shellcheck disable=SC2016  # for the inner bash
  bash -c 'echo $$ > "$0/cgroup.procs" && timeout 5 head -c 1 "$1" > /dev/null' "/sys/fs/cgroup$cgroup" "$1" 2>&1
}
end=$((SECONDS + 60))
until [[ $(device_there /dev/kmsg) == *"Operation not permitted"* ]]; do
  (( SECONDS < end )) || fail "/dev/kmsg can be opened in the machine's cgroup"
  sleep 1
done
[[ -z $(device_there /dev/urandom) ]] || fail "/dev/urandom: $(device_there /dev/urandom)"
ok "in the machine's cgroup /dev/urandom can be opened, and /dev/kmsg cannot"
used=$(cat "/sys/fs/cgroup/checks.slice/$slice/memory.current")
if (( used > 50 << 20 )); then ok "the slice is charged $((used >> 20)) MiB"; else fail "the slice is charged $used bytes"; fi
[[ $(in_container c1 uname -r) == "$(uname -r)" ]] || ok "the guest has a kernel of its own: $(in_container c1 uname -r)"
equal "memory.max in the container" "$(in_container c1 cat /sys/fs/cgroup/memory.max)" $((64 << 20))
equal "cpu.max in the container" "$(in_container c1 cat /sys/fs/cgroup/cpu.max)" "50000 100000"
status=0
in_container c1 dd if=/dev/zero of=/dev/null bs=80M count=1 2> /dev/null || status=$?
equal "exit status of a hog" "$status" 137
systemctl daemon-reload
equal "systemd's scope of the sandbox" "$(systemctl is-active checks-c1.scope)" active
equal "who delegates in it" "$(systemctl show --property Delegate --value checks-c1.scope)" yes
equal "QEMU's cgroup, after systemd has looked at all units" "$(cat "/proc/$qemu/cgroup")" "0::$cgroup"
[[ -n $(journalctl --no-pager -q -t saya) ]] || fail "nothing of the daemon's is in the journal"
ok "the journal has the daemon's log"

# ---- kill means stopped

ctr task kill -s SIGKILL c1
[[ ! -e /proc/$qemu ]] || fail "QEMU is there after Kill"
ok "QEMU has gone when Kill returns"
timeout 60 ctr task delete c1 > /dev/null || true
timeout 60 ctr container delete c1
[[ ! -e /sys/fs/cgroup$cgroup ]] || fail "the cgroup $cgroup stays"
equal "systemd's scope then" "$(systemctl is-active checks-c1.scope || true)" inactive
ok "the cgroup has gone, the slice is $(systemctl is-active "$slice")"

# ---- a pod whose memory does not hold the machine

slice checks-small.slice 60M
if run c2 checks-small.slice --memory-limit $((64 << 20)) 2> error; then fail "a machine ran in 60 MiB"; fi
grep -q 'out of memory in cgroup\|memory limit' error || { cat error; fail "the error does not name the memory"; }
ok "too little memory for a machine: $(tr '\n' ' ' < error | cut -c1-400)"
ctr container delete c2 > /dev/null 2>&1 || true
nothing_left
echo "$passed passed, 0 failed"
