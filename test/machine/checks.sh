#!/bin/bash
# What only a host with systemd and nothing but version 2 of cgroups can show; runs in the machine (run.sh), some minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
image=saya.local/checks:latest slice=checks-pod1.slice
passed=0

ok() { passed=$((passed + 1)); echo "ok: $*"; }
fail() {
  echo "FAILED: $*"
  journalctl --no-pager -n 80 -t saya -u containerd -u docker || true
  exit 1
}
equal() { if [[ $2 == "$3" ]]; then ok "$1: $2"; else fail "$1: $2 (expected: $3)"; fi; }
in_container() { timeout 300 ctr task exec --exec-id "e$SECONDS-$RANDOM" "$@"; }
qemu_of() { pgrep -f "qemu-system-x86_64 -name $1," || true; }

# A slice as a kubelet has systemd make one for a pod.
slice() {
  printf '[Slice]\nMemoryMax=%s\nMemoryAccounting=yes\nCPUAccounting=yes\n' "$2" > "/run/systemd/system/$1"
  systemctl daemon-reload
  systemctl start "$1"
}

run() { # ID SLICE OPTION...
  local id=$1 slice=$2
  shift 2
  timeout 1200 ctr run -d --runtime io.containerd.saya.v2 --cgroup "$slice:checks:$id" "$@" "$image" "$id" sleep 100000
}

# ---- the host

equal "first process" "$(cat /proc/1/comm)" systemd
equal "cgroups" "$(stat -f -c %T /sys/fs/cgroup)" cgroup2fs
ln -s /machine/saya/bin/containerd-shim-saya-v2 /usr/local/bin/
mkdir -p /etc/saya
# Guests are emulated by an emulated machine. This kernel has vsock, as no other host of the tests has.
cat > /etc/saya/configuration.toml <<'CONFIGURATION'
[agent.kata]
dial_timeout = 900
transport = "vsock"
[runtime]
create_container_timeout = 900
CONFIGURATION
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

# ---- a container of Docker's, whose cgroups systemd makes: limits that change, memory that the host wants back

docker_there() { docker version > /dev/null 2>&1; }
until docker_there; do sleep 1; done
equal "Docker's cgroups" "$(docker info --format '{{.CgroupDriver}} {{.CgroupVersion}}')" "systemd 2"
mkdir layers
tar -C layers -xf image.tar
docker import --change 'ENV PATH=/bin' "$(find layers/blobs -type f -size +100k)" "$image" > /dev/null   # its layer, the one large file
slice=checks-pod3.slice
slice "$slice" 1200M
timeout 1200 docker run -d --name d1 --runtime io.containerd.saya.v2 --network none --cgroup-parent "$slice" --memory 128m --memory-swap 128m --cpus 1 \
  "$image" sleep 100000 > id || fail "a container of Docker's does not start"
unit=docker-$(< id).scope
qemu=$(qemu_of "$(< id)")
equal "the cgroup of its QEMU" "$(cat "/proc/$qemu/cgroup")" "0::/checks.slice/$slice/$unit"
equal "its scope" "$(systemctl is-active "$unit")" active
in_docker() { timeout 600 docker exec d1 sh -c "cd /sys/fs/cgroup\$(sed -n 's/^0:://p' /proc/self/cgroup) && $1"; }
limits() { in_docker "cat memory.max cpu.max" | paste -sd' '; }
hog() { in_docker "dd if=/dev/zero of=/dev/null bs=$1M count=1 2> /dev/null" && echo 0 || echo $?; }
update() { timeout 300 docker update --memory "$1m" --memory-swap "$1m" --cpus "$2" d1 > /dev/null || fail "docker update"; }

equal "limits at first" "$(limits)" "$((128 << 20)) 100000 100000"
equal "a hog of 200 MiB in 128" "$(hog 200)" 137
equal "what Docker says of it" "$(docker inspect --format '{{.State.OOMKilled}} {{.State.Running}}' d1)" "true true"
update 400 1.5
equal "limits that were raised in place" "$(limits)" "$((400 << 20)) 150000 100000"
equal "a hog of 200 MiB in 400" "$(hog 200)" 0
update 320 0.5
equal "limits that were lowered in place" "$(limits)" "$((320 << 20)) 50000 100000"
equal "a hog of 360 MiB in 320" "$(hog 360)" 137
update 320 2

# What the slice's processes hold, which the kernel cannot take back without the guest.
held() { awk '$1 == "anon" || $1 == "shmem" {sum += $2} END {printf "%d\n", sum}' "/sys/fs/cgroup/checks.slice/$slice/memory.stat"; }
gave_up() { journalctl --no-pager -q -t saya | grep -c 'its guest gave up page cache' || true; }
[[ -e /sys/fs/cgroup/checks.slice/$slice/memory.pressure ]] || fail "this kernel tells no pressure"
in_docker "dd if=/dev/zero of=/file bs=1M count=200 2> /dev/null && echo end >> /file && sync"
before=$(held)
equal "how often its guest has given up page cache, while nobody wants it" "$(gave_up)" 0
# Far below the slice's limit: by nothing but their waiting can it be seen that its processes are short of memory.
systemctl set-property --runtime "$slice" "MemoryHigh=$((before - (32 << 20)))"
in_docker "dd if=/dev/zero of=/more bs=1M count=100 2> /dev/null" &
writer=$!
end=$((SECONDS + 600))
until (( $(gave_up) > 0 )); do
  (( SECONDS < end )) || fail "the guest keeps its page cache: held $(held) of $before; $(cat "/sys/fs/cgroup/checks.slice/$slice/memory.pressure")"
  sleep 2
done
ok "pressure in the slice had the guest give up page cache: $(journalctl --no-pager -q -t saya | grep 'its guest gave up page cache' | tail -n 1 | cut -c1-300)"
systemctl set-property --runtime "$slice" MemoryHigh=infinity
wait "$writer" || fail "who wrote meanwhile: $?"
equal "what was given up is read again" "$(in_docker 'tail -c 4 /file')" end
timeout 300 docker kill d1 > /dev/null
[[ ! -e /proc/$qemu ]] || fail "QEMU is there after docker kill"
timeout 60 docker rm d1 > /dev/null
equal "the scope of Docker's container then" "$(systemctl is-active "$unit" || true)" inactive

# ---- a pod whose memory does not hold the machine

slice checks-small.slice 60M
if run c2 checks-small.slice --memory-limit $((64 << 20)) 2> error; then fail "a machine ran in 60 MiB"; fi
grep -q 'out of memory in cgroup\|memory limit' error || { cat error; fail "the error does not name the memory"; }
ok "too little memory for a machine: $(tr '\n' ' ' < error | cut -c1-400)"
ctr container delete c2 > /dev/null 2>&1 || true
[[ -z $(pgrep -f 'qemu-system|virtiofsd|saya-guard|saya.shim') ]] || fail "left: $(pgrep -af 'qemu-system|virtiofsd|saya-guard|saya.shim')"
ok "no process is left"
echo "$passed passed, 0 failed"
