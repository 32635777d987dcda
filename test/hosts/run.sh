#!/usr/bin/env bash
# The runtime on hosts beyond Debian's containerd: the same cases by it and by runc, on the same host, as a table.
#
#   test/hosts/run.sh [HOST]...       HOST is one of: kubernetes-node kubernetes-api containerd-1.7 containerd-2.x nerdctl docker cri-o
#
# What a host is made of is built from its Go module, by Go's own client, in the versions that stand below. What cannot be had is said, and the
# host is skipped. Exit code 1: something that runc can do here is not done by the product. Root; the product must be built.
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
source "$top/packaging/lib/debian.sh"
source "$here/modules.sh"
source "$here/containerd_hosts.sh"
source "$here/sandbox_api.sh"
source "$here/kubernetes_node.sh"
source "$here/cri_o.sh"
source "$here/kubernetes_api.sh"
source "$here/engine.sh"
source "$here/docker.sh"
source "$here/nerdctl.sh"

hosts=(kubernetes-node kubernetes-api containerd-1.7 containerd-2.x nerdctl docker cri-o)
for host in "$@"; do
  [[ " ${hosts[*]} " == *" $host "* ]] || die "no host '$host' (expected: ${hosts[*]})"
done
(( $# == 0 )) || hosts=("$@")
(( EUID == 0 )) || die "containerd needs root"
product=$(realpath "${PRODUCT:-$top/packaging/target/saya}")
[[ -x $product/bin/containerd-shim-saya-v2 ]] || die "$product is not built: packaging/build.sh"
target=$top/test/target/hosts
mkdir -p "$target"

failed=()
for host in "${hosts[@]}"; do
  printf '%s\n' "--- $host"
  why='' status=0
  case $host in
    kubernetes-node) kubernetes_node || status=$? ;;
    kubernetes-api) kubernetes_api || status=$? ;;
    containerd-1.7) containerd_host "$containerd_17" containerd-1.7 || status=$? ;;
    containerd-2.x)
      for version in "${containerd_2[@]}"; do
        containerd_host "$version" "containerd-${version##*@v}" || status=$?
      done ;;
    docker) docker_host || status=$? ;;
    nerdctl) nerdctl_host || status=$? ;;
    cri-o) cri_o || status=$? ;;
  esac
  case $status in
    0) printf '%s: passed\n' "$host" ;;
    "$SKIPPED") printf '%s: skipped: %s\n' "$host" "$why" ;;
    *) printf '%s: failed\n' "$host"; failed+=("$host") ;;
  esac
done
(( ${#failed[@]} == 0 ))
