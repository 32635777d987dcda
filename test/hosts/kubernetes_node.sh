# shellcheck shell=bash disable=SC2034,SC2154,SC2016
# The CRI's own test suite, critest, on the host's containerd, by runc and by the product. Sourced.

# Specs that a VM cannot pass by its nature: a part of the name, and why.
critest_exceptions=(
  'HostNetwork' 'a machine has a network stack of its own'
  'HostPID' 'a machine has processes of its own'
  'HostIPC' 'a machine has a kernel of its own'
  'rshared' 'a mount made in the guest cannot appear on the host'
)
# CRITEST_FOCUS, a regular expression, runs some of the others only.
# Images come from this host alone, so what tests pulling is left out, and what needs images of its own.
critest_skip='image|Image|multi-containers|DNS config|portforward|port mapping|streaming|AppArmor|SELinux|OOM|runtimeClass|seccomp|metrics'

kubernetes_node() {
  local directory=$target/critest work handler
  build_module "$cri_tools" "$directory" cmd/critest.test || return
  command -v containerd >/dev/null || { why="no containerd on this host"; return "$SKIPPED"; }
  work=$(mktemp -d "${TMPDIR:-/tmp}/saya-cri.XXXXXX")
  source "$top/packaging/lib/containerd.sh"
  # Networks of their own, and gone with it.
  unshare --net --mount --propagation private bash -c '
    set -euo pipefail; source "$1/packaging/lib/debian.sh"; source "$1/packaging/lib/containerd.sh"; source "$1/test/hosts/kubernetes_node.sh"
    critest_inside "$1" "$2" "$3" "$4"' critest "$top" "$product" "$directory" "$work" > "$directory/node.log" 2>&1 || true
  tail -n 3 "$directory/node.log"
  rm -rf --one-file-system "$work"
  for handler in runc saya; do
    [[ -s $directory/$handler.xml ]] || { why="critest did not run: see $directory/node.log"; return "$SKIPPED"; }
  done
  python3 "$top/test/hosts/compare.py" "$directory/runc.xml" "$directory/saya.xml" "${critest_exceptions[@]}"
}

# critest_inside TOP PRODUCT DIRECTORY WORK: in namespaces of its own.
critest_inside() {
  local top=$1 product=$2 directory=$3 work=$4 image=saya.local/busybox:latest pause=saya.local/pause:latest handler
  ip link set lo up
  demo_image "$work/image.tar" "$image"
  demo_image "$work/pause.tar" "$pause" '["/bin/sh","-c","trap \"exit 0\" TERM INT; while :; do sleep 2147483647 & wait; done"]'
  mkdir -p "$work/cni" "$work/root" "$work/state"
  cat > "$work/cni/10-test.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "test", "plugins": [{"type": "bridge", "bridge": "pods0", "isGateway": true,
  "ipam": {"type": "host-local", "dataDir": "$work/cni-data", "ranges": [[{"subnet": "10.88.0.0/16"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
JSON
  cat > "$work/config.toml" <<TOML
version = 2
root = "$work/root"
state = "$work/state"
disabled_plugins = ["io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "$work/containerd.sock"
[ttrpc]
  address = "$work/containerd.sock.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "$work/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$pause"
  disable_apparmor = true
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$work/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.saya]
    runtime_type = "io.containerd.saya.v2"
    privileged_without_host_devices = true
TOML
  printf 'defaultTestContainerImage: %s\nwebServerTestImage: %s\n' "$image" "$image" > "$work/images.yaml"
  PATH=$product/bin:$PATH containerd --config "$work/config.toml" > "$directory/containerd.log" 2>&1 &
  CONTAINERD_PID=$! CONTAINERD_ADDRESS=$work/containerd.sock
  CTR=(timeout 120 ctr --address "$CONTAINERD_ADDRESS" --namespace k8s.io)
  trap containerd_stop EXIT
  local deadline=$((SECONDS + 30))
  until "${CTR[@]}" version >/dev/null 2>&1; do
    (( SECONDS < deadline )) || die "containerd does not answer: $directory/containerd.log"
    sleep 0.1
  done
  "${CTR[@]}" images import "$work/image.tar"
  "${CTR[@]}" images import "$work/pause.tar"
  for handler in runc saya; do
    rm -f "$directory/$handler.xml"
    timeout 1500 "$directory/bin/critest" --runtime-endpoint "unix://$CONTAINERD_ADDRESS" --image-endpoint "unix://$CONTAINERD_ADDRESS" \
      --runtime-handler "$handler" --test-images-file "$work/images.yaml" --ginkgo.skip "$critest_skip" --ginkgo.focus "${CRITEST_FOCUS:-}" \
      --ginkgo.no-color \
      --ginkgo.junit-report "$directory/$handler.xml" > "$directory/$handler.log" 2>&1 || true
  done
}
