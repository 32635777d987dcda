#!/usr/bin/env bash
# Manifests and image of packaging/kubernetes: the base is what the chart renders, both are what the API's schemas allow, the image is an OCI layout.
# Tools come from their registries: helm from Go's, schemas by kubernetes-validate from PyPI; what cannot be had is told, and its check left out.
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
source "$top/packaging/lib/debian.sh"
source "$top/test/hosts/modules.sh"
kubernetes=$top/packaging/kubernetes
target=$top/test/target/kubernetes
mkdir -p "$target"
need_packages python3-venv python3-yaml

schemas=$target/schemas/bin/python3
if [[ ! -x $schemas ]] || ! "$schemas" -c 'import kubernetes_validate' 2>/dev/null; then
  python3 -m venv "$target/schemas"
  "$target/schemas/bin/pip" install -q kubernetes-validate==1.37.0 || { say "no kubernetes-validate to be had: schemas are not looked at"; schemas=; }
fi
helm=$(command -v helm || true)
if [[ -z $helm ]] && build_module "$helm_module" "$top/test/target/hosts/helm" cmd/helm; then helm=$top/test/target/hosts/helm/bin/helm; fi

# valid FILE: every object is what the API's schema says, of the oldest and the newest version that the schemas have.
valid() {
  [[ -n $schemas ]] || return 0
  "$schemas" - "$1" <<'EOF'
import sys
import kubernetes_validate
import yaml

for document in yaml.safe_load_all(open(sys.argv[1], encoding="utf-8")):
    if document["apiVersion"].startswith(("monitoring.coreos.com", "kustomize")):
        continue
    for version in ("1.25.0", kubernetes_validate.latest_version()):
        kubernetes_validate.validate(document, version, strict=True)
EOF
}
same() {
  /usr/bin/python3 - "$1" "$2" <<'EOF'
import sys
import yaml


def objects(path):
    documents = [each for each in yaml.safe_load_all(open(path, encoding="utf-8")) if each]
    return {(each["kind"], each["metadata"]["name"]): each for each in documents if each["kind"] != "Namespace"}


one, other = map(objects, sys.argv[1:])
different = [key for key in sorted(one.keys() | other.keys()) if one.get(key) != other.get(key)]
sys.exit(f"{sys.argv[1]} and {sys.argv[2]} differ in {different}" if different else 0)
EOF
}

valid "$kubernetes/base/saya.yaml"
say "base: valid"
if command -v kubectl >/dev/null; then
  kubectl kustomize "$kubernetes/base" > "$target/base.yaml"
  valid "$target/base.yaml"
  kubectl kustomize "$kubernetes/uninstall" > "$target/uninstall.yaml"
  valid "$target/uninstall.yaml"
  grep -q -- '- uninstall' "$target/uninstall.yaml" || die "the overlay for uninstallation does not uninstall"
  say "kustomize: base and uninstall are rendered and valid"
else
  say "no kubectl: kustomize is not tried"
fi
if [[ -n $helm ]]; then
  "$helm" lint --strict --kube-version 1.30.0 "$kubernetes/chart" > "$target/lint" || { cat "$target/lint"; die "helm lint"; }
  "$helm" template --kube-version 1.30.0 saya "$kubernetes/chart" --namespace saya-system > "$target/chart.yaml"
  valid "$target/chart.yaml"
  same "$target/chart.yaml" "$kubernetes/base/saya.yaml"
  "$helm" template --kube-version 1.30.0 saya "$kubernetes/chart" --namespace saya-system --set action=uninstall,monitor.podMonitor=true > "$target/chart-uninstall.yaml"
  valid "$target/chart-uninstall.yaml"
  ! grep -q 'name: saya-monitor$' <(grep -A3 'kind: DaemonSet' "$target/chart-uninstall.yaml") || die "the monitor stays while everything is uninstalled"
  for wrong in action=remove manager=runc checkSeconds=1 runtimeClass.overhead.memory=300 monitor.enabeld=true maxUnavailable=0; do
    ! "$helm" template --kube-version 1.30.0 saya "$kubernetes/chart" --set "$wrong" >/dev/null 2>&1 || die "the values' schema lets $wrong through"
  done
  say "helm: lint, template and the values' schema"
else
  say "helm is not tried: ${why:-}"
fi
