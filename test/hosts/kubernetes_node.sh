# shellcheck shell=bash disable=SC2034,SC2154,SC2016
# The CRI's own test suite, critest, on the host's containerd, by runc and by the product. Sourced.

# Specs that a VM cannot pass by its nature: a part of the name, and why.
critest_exceptions=(
  'HostNetwork is true' 'a machine has a network stack of its own'
  'HostIpc is true' 'a machine has a kernel of its own'
  'rshared' 'a mount made in the guest cannot appear on the host'
  'StopContainer should not return an error if not found' 'containerd 1.6 itself says that it knows none, by any runtime'
  'StopPodSandbox should not return an error if not found' 'containerd 1.6 itself says that it knows none, by any runtime'
)
# Specs that are left out: images come from this host alone, so nothing is pulled; this host has no AppArmor and no SELinux; a machine has no
# host's network, and that spec wants an image of its own for it.
critest_skip='Image Manager|AppArmor|SELinux|portforward in host network'
# CRITEST_FOCUS, a regular expression, runs some of the others only; CRITEST_SEED, a number, runs them in the random order of that number.

kubernetes_node() {
  local directory=$target/critest work
  build_module "$cri_tools" "$directory" cmd/critest.test || return
  command -v containerd >/dev/null || { why="no containerd on this host"; return "$SKIPPED"; }
  need_packages containernetworking-plugins iptables gcc libc6-dev procps util-linux
  work=$(mktemp -d "${TMPDIR:-/tmp}/saya-cri.XXXXXX")
  critest_shell "$work" > "$directory/shell.log" 2>&1 || { why="no Debian package busybox: $(tail -n 1 "$directory/shell.log")"; return "$SKIPPED"; }
  source "$top/packaging/lib/containerd.sh"
  # Networks and mounts of their own, and gone with it; shared among themselves, as a node's are by systemd.
  unshare --net --mount --propagation slave bash -c '
    mount --make-rshared /
    set -euo pipefail; source "$1/packaging/lib/debian.sh"; source "$1/packaging/lib/containerd.sh"; source "$1/test/hosts/kubernetes_node.sh"
    critest_inside "$1" "$2" "$3" "$4" "$5"' critest "$top" "$product" "$directory" "$work" "$(critest_registry "$directory")" > "$directory/node.log" 2>&1 || true
  tail -n 3 "$directory/node.log"
  rm -rf --one-file-system "$work"
  critest_table "$directory" "${critest_exceptions[@]}"
}

# critest_table DIRECTORY [PART-OF-A-NAME REASON]...: what critest_by found.
critest_table() {
  local directory=$1 handler
  shift
  for handler in runc saya; do
    [[ -s $directory/$handler.xml ]] || { why="critest did not run: see $directory/node.log"; return "$SKIPPED"; }
  done
  python3 "$top/test/hosts/compare.py" "$directory/runc.xml" "$directory/saya.xml" "$@"
}

# critest_registry DIRECTORY: where critest says that its images are from. Two of them have no other name, so what is imported gets that.
critest_registry() {
  local source
  source=$(cd "$1/module" && go list -m -f '{{.Dir}}' "${cri_tools%@*}")
  sed -n 's/.*DefaultRegistryPrefix = "\(.*\)"$/\1/p' "$source/pkg/framework/test_context.go" | head -n 1
}

# critest_shell WORK: the shell of Debian's busybox as WORK/shell/bin/busybox. The static one, which is what is installed, runs its own ls, pgrep and so
# on whatever is mounted over them, so that runc as well failed specs that hide a program or look for processes by their names.
critest_shell() (
  cd "$1" && apt-get download busybox && dpkg-deb -x busybox_*.deb shell
)

# critest_images WORK REGISTRY: writes archives of all images that the specs use, WORK/image-*.tar, of this host's programs.
critest_images() {
  local work=$1 registry=$2/e2e-test-images file library
  mkdir -p "$work/more"/{www,var/run,etc} "$work/layer/bin" "$work/suid/bin"
  printf 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n' > "$work/more/etc/passwd"
  printf 'root:x:0:\nnogroup:x:65534:\n' > "$work/more/etc/group"
  echo saya > "$work/more/www/index.html"
  # What specs call and busybox lacks; and an ls that is not a link, for the spec that hides it, and would hide the shell.
  cp "$work/shell/bin/busybox" "$work/sh"
  for file in "$(command -v pgrep)" "$(command -v ipcs)" "$work/sh"; do
    install -D "$file" "$work/layer/bin/$(basename "$file")"
    for library in $(ldd "$file" | grep -o '/[^ ]*'); do install -D "$library" "$work/layer$library"; done
  done
  cp "$(command -v busybox)" "$work/layer/bin/ls"
  demo_image "$work/image-busybox.tar" "$image" '["/bin/sh"]' "$work/more" "$work/layer"
  # No sleep: a spec that looks for its own in a pod whose processes are shared would find it.
  demo_image "$work/image-pause.tar" "$pause" '["/bin/sh","-c","trap \"exit 0\" TERM INT; while :; do tail -f /dev/null & wait; done"]'
  # The servers, that specs know by a process's name or title, or by a word in the log. Those are a script's, whose child serves.
  mkdir -p "$work/server/bin"
  printf '#!/bin/sh\necho $$ > /var/run/nginx.pid\nhttpd -f -p 80 -h /www &\nwait\n' > "$work/server/bin/nginx"
  chmod 755 "$work/server/bin/nginx"
  demo_image "$work/image-nginx.tar" "$registry/nginx:1.14-2" '["/bin/nginx","nginx: master process"]' "$work/more" "$work/server"
  demo_image "$work/image-httpd.tar" "$registry/httpd:2.4.39-4" '["/bin/sh","-c","echo httpd; exec httpd -f -p 80 -h /www"]' "$work/more"
  printf '#include <stdio.h>\n#include <unistd.h>\nint main(void) { return printf("Effective uid: %%d\\n", geteuid()) < 0; }\n' > "$work/suid.c"
  gcc -static -o "$work/suid/bin/effective" "$work/suid.c"
  chmod 4755 "$work/suid/bin/effective"
  # As a layer, since a copy of the file would lose its set-uid bit.
  demo_image "$work/image-suid.tar" "$registry/nonewprivs:1.3" '["/bin/effective"]' '' "$work/suid"
}

# critest_network WORK: writes the pods' network, by Debian's CNI plugins.
critest_network() {
  mkdir -p "$1/cni"
  cat > "$1/cni/10-test.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "test", "plugins": [{"type": "bridge", "bridge": "pods0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
  "ipam": {"type": "host-local", "dataDir": "$1/cni-data", "ranges": [[{"subnet": "10.88.0.0/16"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}, "snat": true}]}
JSON
}

# critest_inside TOP PRODUCT DIRECTORY WORK REGISTRY: in namespaces of its own.
critest_inside() {
  local top=$1 product=$2 directory=$3 work=$4 registry=$5 archive
  local image=saya.local/busybox:latest pause=saya.local/pause:latest target=${directory%/*}
  ip link set lo up
  critest_images "$work" "$registry"
  mkdir -p "$work/root" "$work/state"
  critest_network "$work"
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
  PATH=$product/bin:$PATH containerd --config "$work/config.toml" > "$directory/containerd.log" 2>&1 &
  CONTAINERD_PID=$! CONTAINERD_ADDRESS=$work/containerd.sock
  CTR=(timeout 120 ctr --address "$CONTAINERD_ADDRESS" --namespace k8s.io)
  trap containerd_stop EXIT
  local deadline=$((SECONDS + 30))
  until "${CTR[@]}" version >/dev/null 2>&1; do
    (( SECONDS < deadline )) || die "containerd does not answer: $directory/containerd.log"
    sleep 0.1
  done
  for archive in "$work"/image-*.tar; do "${CTR[@]}" images import "$archive"; done
  critest_by "$directory" "$work" "$CONTAINERD_ADDRESS"
}

# critest_by DIRECTORY WORK SOCKET [SKIP]: critest on the host at SOCKET, by each handler of RUNTIMES, into DIRECTORY/HANDLER.xml. SKIP: specs that are left
# out besides.
critest_by() {
  local directory=$1 work=$2 socket=$3 handler order=()
  [[ -z ${CRITEST_SEED:-} ]] || order=(--ginkgo.randomize-all --ginkgo.seed "$CRITEST_SEED")
  printf 'defaultTestContainerImage: %s\n' "$image" > "$work/images.yaml"
  for handler in ${RUNTIMES:-runc saya}; do
    rm -f "$directory/$handler.xml"
    timeout 2700 "$target/critest/bin/critest" --runtime-endpoint "unix://$socket" --image-endpoint "unix://$socket" \
      --runtime-handler "$handler" --test-images-file "$work/images.yaml" --ginkgo.skip "$critest_skip${4:+|$4}" --ginkgo.focus "${CRITEST_FOCUS:-}" \
      --ginkgo.no-color "${order[@]}" \
      --ginkgo.junit-report "$directory/$handler.xml" > "$directory/$handler.log" 2>&1 || true
  done
}
