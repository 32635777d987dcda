#!/bin/bash
# A pod as a kubelet makes one on a host with systemd and version 2 of cgroups: its slice is the pod's, its limits change in place, and the host
# wants memory back. By containerd's CRI plugin; runs in the machine (run.sh), some minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source ./assertions.sh
slice=checks-pod3.slice group=/sys/fs/cgroup/checks.slice/checks-pod3.slice

install_saya
mkdir -p /etc/cni/net.d
cat > /etc/cni/net.d/10-checks.conflist <<'JSON'
{"cniVersion": "0.4.0", "name": "checks", "plugins": [{"type": "ptp", "ipam": {"type": "host-local", "subnet": "10.99.0.0/24"}}]}
JSON
cat > /etc/containerd/config.toml <<'TOML'
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "saya.local/pause:latest"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.saya]
    runtime_type = "io.containerd.saya.v2"
    privileged_without_host_devices = true
TOML
systemctl restart containerd
until ctr version > /dev/null 2>&1; do sleep 1; done
for archive in image.tar pause.tar; do ctr -n k8s.io image import "$archive" > /dev/null; done
cri() { timeout 1500 ./crictl -r unix:///run/containerd/containerd.sock -t "${limit:-300}s" "$@" 2>> crictl.log; }
cri_fails() { tail -n 3 crictl.log; fail "$*"; }

# ---- a pod in a slice

slice "$slice" 1200M
cat > pod.json <<'JSON'
{"metadata": {"name": "pod3", "namespace": "checks", "uid": "pod3"}, "log_directory": "/var/log/pods/pod3",
 "linux": {"cgroup_parent": "/checks.slice/checks-pod3.slice", "resources": {"memory_limit_in_bytes": 134217728, "cpu_quota": 100000, "cpu_period": 100000}}}
JSON
container() { # NAME MEMORY COMMAND: what a container is made of
  cat > "$1.json" <<JSON
{"metadata": {"name": "$1"}, "image": {"image": "saya.local/checks:latest"}, "command": $3, "log_path": "$1.log",
 "linux": {"resources": {"memory_limit_in_bytes": $2, "memory_swap_limit_in_bytes": $2, "cpu_quota": 100000, "cpu_period": 100000}}}
JSON
  limit=1200 cri create "$pod" "$1.json" pod.json
}
mkdir -p /var/log/pods/pod3
begin=$SECONDS
pod=$(limit=1200 cri runp --runtime saya pod.json) || cri_fails "a pod does not start"
ok "a pod is there after $((SECONDS - begin)) s"
id=$(container main $((128 << 20)) '["/bin/sleep", "100000"]') || cri_fails "a container is not created"
cri start "$id" > /dev/null || cri_fails "a container does not start"
ok "its container runs after $((SECONDS - begin)) s"
unit=cri-containerd-$pod.scope
qemu=$(qemu_of "$pod")
equal "the cgroup of the pod's QEMU" "$(cat "/proc/$qemu/cgroup")" "0::/checks.slice/$slice/$unit"
equal "its scope" "$(systemctl is-active "$unit")" active

# ---- limits that change in place

# crictl adds an empty line to what a program has written.
inside() { { limit=900 cri exec -s "$id" /bin/sh -c "$1" || cri_fails "an exec of $1"; } | sed '/^$/d'; }
limits() { inside 'cd /sys/fs/cgroup && cat memory.max cpu.max' | paste -sd' '; }
hog() { inside "dd if=/dev/zero of=/dev/null bs=$1M count=1 2> /dev/null; echo \$?"; }
update() { cri update --memory $(($1 << 20)) --cpu-quota "$2" --cpu-period 100000 "$id" > /dev/null || cri_fails "an update to $1 MiB"; }
equal "limits at first" "$(limits)" "$((128 << 20)) 100000 100000"
equal "a hog of 200 MiB in 128" "$(hog 200)" 137
update 400 150000
equal "limits that were raised in place" "$(limits)" "$((400 << 20)) 150000 100000"
equal "a hog of 200 MiB in 400" "$(hog 200)" 0
update 320 50000
equal "limits that were lowered in place" "$(limits)" "$((320 << 20)) 50000 100000"
equal "a hog of 360 MiB in 320" "$(hog 360)" 137
update 320 200000

# ---- what is told of it

field() { sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p"; }
hog=$(container hog $((64 << 20)) '["/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=100M", "count=1"]') || cri_fails "a second container is not created"
cri start "$hog" > /dev/null || cri_fails "a second container does not start"
end=$((SECONDS + 600))
until [[ $(cri inspect "$hog" | field state) == CONTAINER_EXITED ]]; do
  (( SECONDS < end )) || fail "a hog of 100 MiB in 64 lives"
  sleep 2
done
equal "the exit code of a container that is a hog" "$(cri inspect "$hog" | field exitCode)" 137
equal "its reason" "$(cri inspect "$hog" | field reason)" OOMKilled
equal "the other container" "$(cri inspect "$id" | field state)" CONTAINER_RUNNING
cri rm "$hog" > /dev/null || cri_fails "a container cannot be removed"
told=$(cri stats -o json "$id" | tr -d '\n ' | sed -n 's/.*"workingSetBytes":{"value":"\([0-9]*\)".*/\1/p')
current=$(inside 'cat /sys/fs/cgroup/memory.current')
if (( told > 0 && told <= current + (8 << 20) )); then ok "working set: $told of $current bytes"; else fail "the working set is told as '$told', the guest's cgroup has $current"; fi

# ---- memory that the host wants back

# What the slice's processes hold, which the kernel cannot take back without the guest.
held() { awk '$1 == "anon" || $1 == "shmem" {sum += $2} END {printf "%d\n", sum}' "$group/memory.stat"; }
gave_up() { journalctl --no-pager -q -t saya | grep -c 'its guest gave up page cache' || true; }
[[ -e $group/memory.pressure ]] || fail "this kernel tells no pressure"
inside 'dd if=/dev/zero of=/file bs=1M count=200 2> /dev/null && echo end >> /file && sync'
before=$(held)
equal "how often its guest has given up page cache, while nobody wants it" "$(gave_up)" 0
# Far below the slice's limit: by nothing but their waiting can it be seen that its processes are short of memory. From what they have now it goes
# down in small steps: the kernel has them wait the longer for each further page, the more they have above it, and a guest that is emulated twice
# hardly goes on soon.
inside 'while [ ! -e /enough ]; do dd if=/dev/zero of=/more bs=1M count=100 2> /dev/null; done' &
writer=$!
high=$(< "$group/memory.current")
end=$((SECONDS + 900)) step=$SECONDS
until (( $(gave_up) > 0 )); do
  (( SECONDS < end )) || fail "the guest keeps its page cache: held $(held) of $before; $(cat "$group/memory.pressure")"
  if (( SECONDS >= step )); then
    systemctl set-property --runtime "$slice" "MemoryHigh=$high"
    high=$((high - (4 << 20))) step=$((SECONDS + 20))
  fi
  sleep 2
done
ok "pressure in the slice had the guest give up page cache: $(journalctl --no-pager -q -t saya | grep 'its guest gave up page cache' | tail -n 1 | cut -c1-300)"
systemctl set-property --runtime "$slice" MemoryHigh=infinity
inside 'touch /enough'
wait "$writer" || fail "who wrote meanwhile: $?"
equal "what was given up is read again" "$(inside 'tail -c 4 /file')" end

# ---- its end

cri stopp "$pod" > /dev/null || cri_fails "the pod cannot be stopped"
[[ ! -e /proc/$qemu ]] || fail "QEMU is there when the pod is stopped"
ok "QEMU has gone when the pod is stopped"
cri rmp "$pod" > /dev/null || cri_fails "the pod cannot be removed"
equal "the pod's scope then" "$(systemctl is-active "$unit" || true)" inactive
nothing_left
echo "$passed passed, 0 failed"
