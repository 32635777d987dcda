# shellcheck shell=bash disable=SC2034,SC2154,SC2016
# critest on CRI-O, by runc and by the product, as kubernetes_node.sh runs it on containerd. Sourced after that.

# Beside critest_exceptions: a part of the name, and why.
cri_o_exceptions=(
  'runtime should support portforward' 'CRI-O forwards nothing into machines: it takes the request and does nothing'
  'reopening container log' 'CRI-O opens no log of a container in a machine anew: it takes the request and does nothing'
)
# Beside critest_skip: specs that runc does not pass on such a host either.
cri_o_skip=

cri_o() {
  local directory=$target/cri-o work
  build_module "$cri_tools" "$target/critest" cmd/critest.test || return
  need_packages containernetworking-plugins iptables gcc libc6-dev procps util-linux conmon skopeo runc libseccomp-dev pkg-config
  build_cri_o "$directory" || return
  work=$(mktemp -d "${TMPDIR:-/tmp}/saya-cri-o.XXXXXX")
  source "$top/packaging/lib/containerd.sh"
  unshare --net --mount --propagation slave bash -c '
    mount --make-rshared /
    set -euo pipefail
    for part in packaging/lib/debian.sh packaging/lib/containerd.sh test/hosts/kubernetes_node.sh test/hosts/cri_o.sh; do source "$1/$part"; done
    cri_o_inside "$1" "$2" "$3" "$4" "$5"' cri-o "$top" "$product" "$directory" "$work" "$(critest_registry "$target/critest")" > "$directory/node.log" 2>&1 || true
  tail -n 3 "$directory/node.log"
  rm -rf --one-file-system "$work"
  critest_table "$directory" "${critest_exceptions[@]}" "${cri_o_exceptions[@]}"
}

# cri_o_image WORK ARCHIVE: copies an archive of demo_image into CRI-O's storage, under its own name.
cri_o_image() {
  local name
  name=$(tar -xOf "$2" ./index.json | grep -o '"io.containerd.image.name":"[^"]*"' | cut -d'"' -f4)
  skopeo --policy "$1/policy.json" copy -q "oci-archive:$2" "containers-storage:[overlay@$1/root+$1/runroot]$name"
}

# cri_o_configuration PRODUCT DIRECTORY WORK PAUSE
cri_o_configuration() {
  local product=$1 directory=$2 work=$3
  echo '{"default":[{"type":"insecureAcceptAnything"}]}' > "$work/policy.json"
  # A host that is a container itself may not let anybody lower an OOM score, as runc is told to do for the pod.
  cat > "$work/runc" <<'SCRIPT'
#!/bin/bash
for word in "$@"; do [[ ! -f $word/config.json ]] || sed -i -E 's/"oomScoreAdj": *-[0-9]+/"oomScoreAdj":0/' "$word/config.json"; done
PATH=${PATH#"${0%/*}":} exec runc "$@"
SCRIPT
  chmod +x "$work/runc"
  cat > "$work/crio.conf" <<TOML
[crio]
root = "$work/root"
runroot = "$work/runroot"
storage_driver = "overlay"
log_dir = "$work/log"
version_file = "$work/version"
clean_shutdown_file = "$work/clean.shutdown"
internal_wipe = false
[crio.api]
listen = "$work/crio.sock"
[crio.runtime]
conmon = "$(command -v conmon)"
conmon_cgroup = "pod"
cgroup_manager = "cgroupfs"
apparmor_profile = ""
pinns_path = "$directory/bin/pinns"
namespaces_dir = "$work/ns"
container_exits_dir = "$work/exits"
container_attach_socket_dir = "$work/attach"
hooks_dir = []
default_runtime = "runc"
[crio.runtime.runtimes.runc]
runtime_path = "$work/runc"
runtime_type = "oci"
runtime_root = "$work/runc-root"
[crio.runtime.runtimes.saya]
runtime_path = "$product/bin/containerd-shim-saya-v2"
runtime_type = "vm"
runtime_root = "$work/saya-crio"
privileged_without_host_devices = true
[crio.image]
pause_image = "$4"
pause_command = ""
signature_policy = "$work/policy.json"
[crio.network]
network_dir = "$work/cni/"
plugin_dirs = ["/usr/lib/cni/"]
TOML
}

# cri_o_inside TOP PRODUCT DIRECTORY WORK REGISTRY: in namespaces of its own.
cri_o_inside() {
  local top=$1 product=$2 directory=$3 work=$4 registry=$5 archive daemon deadline=$((SECONDS + 30))
  local image=saya.local/busybox:latest pause=saya.local/pause:latest target=${directory%/*}
  ip link set lo up
  critest_images "$work" "$registry"
  critest_network "$work"
  cri_o_configuration "$product" "$directory" "$work" "$pause"
  for archive in "$work"/image-*.tar; do cri_o_image "$work" "$archive"; done
  "$directory/bin/crio" --config "$work/crio.conf" --config-dir "$work/none" > "$directory/crio.log" 2>&1 & daemon=$!
  # shellcheck disable=SC2064  # this daemon
  trap "cri_o_stop $daemon '$work'" EXIT
  until [[ -S $work/crio.sock ]]; do
    (( SECONDS < deadline )) || die "CRI-O does not answer: $directory/crio.log"
    sleep 0.1
  done
  critest_by "$directory" "$work" "$work/crio.sock" "$cri_o_skip"
}

# cri_o_stop PID WORK: the daemon, and what a spec that failed has left: containers of runc have WORK among their monitors' arguments, guests in their shims'.
cri_o_stop() {
  local pid path
  end_process "$1"
  for pid in $(processes_with "$2/"); do end_process "$pid"; done
  # The deepest first: what pinned namespaces and storage have left mounted.
  cut -d' ' -f5 /proc/self/mountinfo | grep -F "$2/" | LC_ALL=C sort -r | while read -r path; do umount -l "$path" || true; done
}
