# shellcheck shell=bash disable=SC2034,SC2154,SC2016
# nerdctl on a containerd: its network by CNI in hooks of the specification, its logs by a program of its own that the shim starts. Sourced.

# nerdctl_host: the cases by runc and by the product, as a table. CASES runs some of them only, RUNTIMES by one of the two.
nerdctl_host() {
  local directory=$target/nerdctl
  need_packages busybox-static containernetworking-plugins iproute2 iptables procps python3-minimal runc tini
  build_release "$nerdctl" "$directory" pkg/version.Version cmd/nerdctl || return
  build_module "${containerd_2[-1]}" "$target/containerd-${containerd_2[-1]##*@v}" cmd/containerd cmd/ctr cmd/containerd-shim-runc-v2 || return
  engine_apart nerdctl "$directory" "$directory/bin:$target/containerd-${containerd_2[-1]##*@v}/bin" > "$directory/nerdctl.log" 2>&1 || true
  engine_table nerdctl "$directory"
}

nerdctl_inside() {
  engine_begin nerdctl
  namespace=saya-nerdctl-${work##*.}
  trap nerdctl_end EXIT
  mkdir "$work/bin" "$work/cni"
  ln -s /usr/bin/tini-static "$work/bin/tini"
  PATH=$work/bin:$PATH
  containerd_start "$work" "$product/bin:$PATH"
  client=(nerdctl --address "$work/containerd.sock" --namespace "$namespace" --data-root "$work/data" --cni-path /usr/lib/cni
    --cni-netconfpath "$work/cni" --cgroup-manager cgroupfs)
  export NERDCTL_TOML=$work/nerdctl.toml # none
  engine load --input "$work/image.tar"
  engine version
  engine run --rm "$image" true # makes its first network
  gateway=$(engine network inspect bridge --format '{{range .IPAM.Config}}{{.Gateway}}{{end}}')
  for by in ${RUNTIMES:-runc saya}; do runtime=io.containerd.$by.v2; engine_run "$directory"; done
}

nerdctl_end() {
  trap - EXIT
  engine_end "$namespace"
}
