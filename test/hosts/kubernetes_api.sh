# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# What packaging/kubernetes has for a cluster, given to a real API server: the base by kubectl, the chart by helm, as their README prints it. There is no
# node and no controller: objects are taken, defaulted and refused as in a cluster, and nobody acts on them. Sourced.

kubernetes_api() {
  local directory=$target/kubernetes
  build_kubernetes "$directory" || return
  build_module "$etcd" "$target/etcd" . || return
  ln -sf server "$target/etcd/bin/etcd"   # named after its directory
  build_module "$helm_module" "$target/helm" cmd/helm || return
  # Addresses and processes of its own, and gone with it.
  unshare --mount --pid --net --fork --kill-child --mount-proc --propagation private bash -c '
    set -euo pipefail
    top=$1 PATH=$2:$PATH directory=$3
    source "$top/packaging/lib/debian.sh"
    source "$top/test/hosts/kubernetes_api_cases.sh"
    kubernetes_api_inside' kubernetes-api "$top" "$directory/bin:$target/etcd/bin:$target/helm/bin" "$directory"
}
