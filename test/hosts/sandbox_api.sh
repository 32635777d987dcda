# shellcheck shell=bash disable=SC2034,SC2154,SC2016
# A pod by containerd's sandbox API (sandboxer = "shim"): no pause container, and the same pod with one beside it. Sourced.

# sandbox_api DIRECTORY: on the containerd that was built there. Prints a line for each case, and how long pods take.
sandbox_api() {
  local directory=$1 status=0
  build_module "$cri_tools" "$target/crictl" cmd/crictl || { printf '%-44s %s\n' "sandbox API" "skipped: $why"; return 0; }
  unshare --net --mount --propagation private bash -c '
    set -euo pipefail; source "$1/packaging/lib/debian.sh"; source "$1/packaging/lib/containerd.sh"; source "$1/test/hosts/sandbox_api.sh"
    sandbox_api_inside "$1" "$2" "$3" "$4"' sandbox-api "$top" "$product" "$directory" "$target/crictl/bin" > "$directory/sandbox-api.log" 2>&1 || status=1
  grep -a '^= ' "$directory/sandbox-api.log" | cut -c3- || true
  (( status == 0 )) || printf '%-44s %s\n' "sandbox API" "FAILED: $directory/sandbox-api.log"
  return "$status"
}

# sandbox_api_node PRODUCT DIRECTORY WORK: a containerd with two handlers of the same runtime, saya and saya-shim.
sandbox_api_node() {
  local product=$1 directory=$2 work=$3 pause=saya.local/pause:latest handler
  ip link set lo up
  demo_image "$work/image.tar" saya.local/busybox:latest
  demo_image "$work/pause.tar" "$pause" '["/bin/sh","-c","trap \"exit 0\" TERM INT; while :; do sleep 2147483647 & wait; done"]'
  mkdir -p "$work/cni" "$work/root" "$work/state"
  cat > "$work/cni/10-test.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "test", "plugins": [{"type": "bridge", "bridge": "pods0", "isGateway": true,
  "ipam": {"type": "host-local", "dataDir": "$work/cni-data", "ranges": [[{"subnet": "10.88.0.0/16"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
JSON
  {
    cat <<TOML
version = 3
root = "$work/root"
state = "$work/state"
[grpc]
  address = "$work/containerd.sock"
[ttrpc]
  address = "$work/containerd.sock.ttrpc"
[plugins.'io.containerd.internal.v1.opt']
  path = "$work/opt"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "$pause"
[plugins.'io.containerd.cri.v1.runtime']
  disable_apparmor = true
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ["/usr/lib/cni"]
    conf_dir = "$work/cni"
TOML
    for handler in saya:podsandbox saya-shim:shim; do
      cat <<TOML
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.${handler%:*}]
    runtime_type = "io.containerd.saya.v2"
    sandboxer = "${handler#*:}"
    privileged_without_host_devices = true
TOML
    done
  } > "$work/config.toml"
  PATH=$directory/bin:$product/bin:$PATH containerd --config "$work/config.toml" > "$directory/sandbox-api-containerd.log" 2>&1 &
  CONTAINERD_PID=$! CONTAINERD_ADDRESS=$work/containerd.sock
  CTR=(timeout 120 "$directory/bin/ctr" --address "$CONTAINERD_ADDRESS" --namespace k8s.io)
  local deadline=$((SECONDS + 60))
  until "${CTR[@]}" version >/dev/null 2>&1; do
    (( SECONDS < deadline )) || die "containerd does not answer"
    sleep 0.1
  done
  "${CTR[@]}" images import "$work/image.tar"
  "${CTR[@]}" images import "$work/pause.tar"
}

# sandbox_api_inside TOP PRODUCT DIRECTORY CRICTL: in namespaces of its own.
sandbox_api_inside() {
  local top=$1 product=$2 directory=$3 crictl
  work=$(mktemp -d "${TMPDIR:-/tmp}/saya-sandbox.XXXXXX")
  trap 'containerd_stop; other_containerd_stop; rm -rf --one-file-system "$work"' EXIT
  sandbox_api_node "$product" "$directory" "$work"
  crictl=(timeout 120 "$4/crictl" --timeout 100s --runtime-endpoint "unix://$CONTAINERD_ADDRESS" --image-endpoint "unix://$CONTAINERD_ADDRESS")
  printf '{"metadata": {"name": "c", "attempt": 1}, "image": {"image": "saya.local/busybox:latest"}, "log_path": "c.log",
    "command": ["sh", "-c", "trap \\"exit 0\\" TERM; while :; do sleep 0.1; done"], "linux": {}}' > "$work/container.json"

  local pod container pid
  case_of "a pod runs without a pause container" runs_without_pause
  case_of "exec, its name, name servers, network" exec_in_it
  case_of "it stays when its container goes" stays_without_container
  case_of "stop ends the machine, and removal is clean" stops_and_goes
  case_of "a machine that is killed is not ready" killed_machine
  case_of "a containerd that comes back finds it" containerd_comes_back
  (( failures == 0 )) || exit 1
  sandbox_api_times
}

# The one that was started by a case.
other_containerd_stop() {
  local pid
  for pid in $(processes_with "$work/config.toml"); do end_process "$pid"; done
}

failures=0
# case_of NAME FUNCTION
case_of() {
  local status
  set +e # a subshell in a condition would go on after what failed
  (set -e; "$2")
  status=$?
  set -e
  if (( status == 0 )); then
    printf '= %-44s %s\n' "$1" ok
  else
    printf '= %-44s %s\n' "$1" FAILED
    failures=$((failures + 1))
  fi
}

# run_pod NAME HANDLER: prints the id of a pod that is ready.
run_pod() {
  printf '{"metadata": {"name": "%s", "namespace": "tests", "uid": "%s", "attempt": 1}, "hostname": "pod-%s", "log_directory": "%s",
    "dns_config": {"servers": ["192.0.2.7"]}, "linux": {}}' "$1" "$1" "$1" "$work/logs-$1" > "$work/$1.json"
  "${crictl[@]}" runp --runtime "$2" "$work/$1.json"
}

# run_container POD NAME
run_container() {
  local id
  id=$("${crictl[@]}" create "$1" "$work/container.json" "$work/$2.json")
  "${crictl[@]}" start "$id" > /dev/null
  printf '%s\n' "$id"
}

traces_of() { processes_with "${1:0:40}" | wc -l; }

# machine_of POD: the pid of its QEMU; nothing if there is none.
machine_of() {
  local pid
  for pid in $(processes_with "${1:0:40}"); do
    [[ $(readlink "/proc/$pid/exe") != *qemu-system* ]] || printf '%s\n' "$pid"
  done
}

runs_without_pause() {
  pod=$(run_pod a saya-shim)
  printf '%s\n' "$pod" > "$work/pod"
  run_container "$pod" a > "$work/container"
  [[ $("${CTR[@]}" tasks list --quiet | wc -l) == 1 ]] # its container, and no pause
  "${crictl[@]}" pods --quiet --state ready | found "$pod"
}

exec_in_it() {
  container=$(< "$work/container") pod=$(< "$work/pod")
  [[ $("${crictl[@]}" exec --sync "$container" hostname) == pod-a ]]
  [[ $("${crictl[@]}" exec --sync "$container" cat /etc/hostname) == pod-a ]]
  "${crictl[@]}" exec --sync "$container" cat /etc/resolv.conf | found -x 'nameserver 192.0.2.7'
  "${crictl[@]}" exec --sync "$container" sh -c 'echo x > /dev/shm/a; grep -q " /dev/shm tmpfs " /proc/mounts'
  "${crictl[@]}" exec --sync "$container" ping -c 1 -W 20 10.88.0.1
  "${crictl[@]}" stats --output json "$container" | found workingSetBytes
}

stays_without_container() {
  container=$(< "$work/container") pod=$(< "$work/pod")
  "${crictl[@]}" stop --timeout 5 "$container"
  "${crictl[@]}" rm "$container"
  sleep 7 # longer than a daemon without a container and with a stopped sandbox lives
  "${crictl[@]}" pods --quiet --state ready | found "$pod"
  container=$(run_container "$pod" a)
  [[ $("${crictl[@]}" exec --sync "$container" hostname) == pod-a ]]
}

stops_and_goes() {
  pod=$(< "$work/pod")
  "${crictl[@]}" stopp "$pod"
  [[ ! $(machine_of "$pod") ]]
  "${crictl[@]}" pods --quiet --state notready | found "$pod"
  "${crictl[@]}" rmp "$pod"
  nothing_left "$pod"
}

nothing_left() {
  local deadline=$((SECONDS + 20))
  until [[ $(traces_of "$1") == 0 && ! $(ls -d "${SAYA_RUN_DIR:-/run/saya}/${1:0:40}"* 2>/dev/null) ]]; do
    (( SECONDS < deadline )) || { processes_with "${1:0:40}"; ls "${SAYA_RUN_DIR:-/run/saya}"; return 1; }
    sleep 0.1
  done
}

killed_machine() {
  local deadline
  pod=$(run_pod b saya-shim)
  run_container "$pod" b
  kill -KILL "$(machine_of "$pod")"
  deadline=$((SECONDS + 30))
  until "${crictl[@]}" pods --quiet --state notready | found "$pod"; do (( SECONDS < deadline )) || return 1; sleep 0.2; done
  sleep 7 # the daemon has nothing to do any more
  "${crictl[@]}" stopp "$pod"
  "${crictl[@]}" rmp "$pod"
  nothing_left "$pod"
}

containerd_comes_back() {
  local deadline
  pod=$(run_pod d saya-shim)
  container=$(run_container "$pod" d)
  kill -KILL "$CONTAINERD_PID"
  PATH=$directory/bin:$product/bin:$PATH setsid containerd --config "$work/config.toml" >> "$directory/sandbox-api-containerd.log" 2>&1 &
  deadline=$((SECONDS + 60))
  until "${crictl[@]}" pods --quiet --state ready 2>/dev/null | found "$pod"; do (( SECONDS < deadline )) || return 1; sleep 0.2; done
  [[ $("${crictl[@]}" exec --sync "$container" hostname) == pod-d ]]
  "${crictl[@]}" rmp --force "$pod"
  nothing_left "$pod"
}

# By turns, so that what else the host does meets both.
sandbox_api_times() {
  local round handler begun pod container
  for round in {1..10}; do
    for handler in saya saya-shim; do
      begun=$(date +%s%N)
      pod=$(run_pod "t$round-$handler" "$handler")
      printf '%s run_ms %d\n' "$handler" $((($(date +%s%N) - begun) / 1000000)) >> "$work/times"
      container=$(run_container "$pod" "t$round-$handler")
      printf '%s ready_ms %d\n' "$handler" $((($(date +%s%N) - begun) / 1000000)) >> "$work/times"
      "${crictl[@]}" rmp --force "$pod" > /dev/null
    done
  done
  for handler in saya saya-shim; do
    printf '= %-44s run %d ms, with its first container %d ms\n' "$handler, median of 10" \
      "$(median "$handler run_ms")" "$(median "$handler ready_ms")"
  done
}

# median HANDLER FIGURE: of ten, the mean of the two in the middle.
median() { grep "^$1 " "$work/times" | awk '{print $3}' | sort -n | awk 'NR == 5 || NR == 6 {sum += $1} END {print int(sum / 2)}'; }
