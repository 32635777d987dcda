# shellcheck shell=bash disable=SC2016,SC2154
# What is asked of an API server with the objects of packaging/kubernetes: kubernetes_api.sh. Sourced, in namespaces of its own.

kubernetes_api_inside() {
  work=$(mktemp -d "${TMPDIR:-/tmp}/saya-api.XXXXXX")
  trap 'rm -rf --one-file-system "$work"' EXIT
  api_start
  node_is_there
  base_is_taken
  pods_are_taken
  account_may_label_nodes_alone
  base_goes
  chart_lives
}

passed() { printf '%4d s  %s\n' "$SECONDS" "$*"; }
has() { [[ $1 == *"$2"* ]] || die "expected '$2' in: $1"; }
same() { [[ $2 == "$3" ]] || die "$1: $2 (expected: $3)"; }

# refused WORDS COMMAND...: the command fails, and its error has these words.
refused() {
  local words=$1
  shift
  ! "$@" > "$work/refused" 2>&1 || die "was not refused: $*"
  has "$(< "$work/refused")" "$words"
}

# api_start: etcd and the API server, with the admission that it has by default and RBAC. No account is given to a namespace (a controller does that).
api_start() {
  local address=192.0.2.1 deadline=$((SECONDS + 180)) pid
  export KUBECONFIG=$work/admin.kubeconfig HOME=$work
  ip link set lo up
  ip link add api type bridge   # its certificate is for an address that others could reach
  ip addr add "$address/24" dev api
  ip link set api up
  etcd --data-dir "$work/etcd" --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --unsafe-no-fsync > "$directory/etcd.log" 2>&1 &
  openssl genrsa -out "$work/accounts.key" 2048 2> /dev/null
  openssl rsa -in "$work/accounts.key" -pubout -out "$work/accounts.pub" 2> /dev/null
  echo 'of-an-administrator,administrator,1,system:masters' > "$work/tokens"
  kube-apiserver --etcd-servers http://127.0.0.1:2379 --bind-address "$address" --advertise-address "$address" --secure-port 6443 --cert-dir "$work/certificates" \
    --endpoint-reconciler-type none --service-cluster-ip-range 198.51.100.0/24 --authorization-mode RBAC --token-auth-file "$work/tokens" --allow-privileged \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$work/accounts.pub" --service-account-signing-key-file "$work/accounts.key" \
    --disable-admission-plugins ServiceAccount > "$directory/kube-apiserver.log" 2>&1 &
  pid=$!
  disown -a   # they end with this process, which is the first one of its namespace
  until curl -sf --max-time 5 --cacert "$work/certificates/apiserver.crt" -H 'Authorization: Bearer of-an-administrator' "https://192.0.2.1:6443/readyz" > /dev/null; do
    kill -0 "$pid" 2> /dev/null || { tail -n 5 "$directory/kube-apiserver.log"; die "the API server has ended"; }
    (( SECONDS < deadline )) || { tail -n 20 "$directory/kube-apiserver.log"; die "the API server is not ready"; }
    sleep 0.5
  done
  kubectl config set-cluster test --server https://192.0.2.1:6443 --certificate-authority "$work/certificates/apiserver.crt" > /dev/null
  kubectl config set-credentials administrator --token of-an-administrator > /dev/null
  kubectl config set-context test --cluster test --user administrator > /dev/null
  kubectl config use-context test > /dev/null
  passed "an API server $(kubectl version 2> /dev/null | sed -n 's/^Server Version: //p')"
}

node_is_there() {
  kubectl create -f - > /dev/null <<< '{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1", "labels": {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}}}'
}

# objects: all that is there and that a cluster does not have by itself.
objects() {
  local kind
  for kind in $(kubectl api-resources --verbs list -o name | LC_ALL=C sort | grep -v -e '^events' -e '^leases' -e '^componentstatuses$' -e '^endpoints$'); do
    kubectl get "$kind" --all-namespaces --ignore-not-found --no-headers -o custom-columns=NAMESPACE:.metadata.namespace,NAME:.metadata.name | sed "s/^/$kind /"
  done | tr -s ' '
}

# ---- the base, by kubectl ----------------------------------------------------------------------------------------------------------

base_is_taken() {
  objects > "$work/before"
  kubectl apply --server-side --validate=strict -k "$top/packaging/kubernetes/base" > "$work/applied"
  passed "the base is taken: $(wc -l < "$work/applied") objects"
  local first second
  first=$(versions_of_base)
  kubectl apply --server-side --validate=strict -k "$top/packaging/kubernetes/base" > /dev/null
  second=$(versions_of_base)
  same "a second time" "$second" "$first"
  # What the server has is what was written: no field was dropped, and none is an administrator's to be surprised by.
  kubectl diff --server-side -k "$top/packaging/kubernetes/base" > "$work/diff" || { cat "$work/diff"; die "the server has the base otherwise"; }
  passed "a second time it changes nothing"
}
versions_of_base() { kubectl get -k "$top/packaging/kubernetes/base" -o 'jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.resourceVersion}{"\n"}{end}'; }

# pod NAME MORE: a pod's manifest, MORE is of its spec.
pod() { printf '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "%s"}, "spec": {"containers": [{"name": "c", "image": "i"}]%s}}' "$1" "$2"; }

pods_are_taken() {
  local written name
  kubectl create -f - > /dev/null <<< "$(pod one ', "runtimeClassName": "saya"')"
  written=$(kubectl get pod one -o 'jsonpath={.spec.overhead.cpu} {.spec.overhead.memory} {.spec.nodeSelector}')
  same "a pod of the class" "$written" '250m 304Mi {"saya.io/ready":"true"}'
  refused "doesn't match RuntimeClass's defined Overhead" kubectl create -f - <<< "$(pod two ', "runtimeClassName": "saya", "overhead": {"cpu": "1m"}')"
  refused "conflict" kubectl create -f - <<< "$(pod two ', "runtimeClassName": "saya", "nodeSelector": {"saya.io/ready": "false"}')"
  kubectl create -f - > /dev/null <<< "$(pod three '')"
  same "a pod without a class" "$(kubectl get pod three -o 'jsonpath={.spec.overhead}{.spec.nodeSelector}')" ''
  kubectl delete pod one three --force --grace-period=0 > /dev/null 2>&1
  passed "a pod of the class gets its overhead and its nodes; others get nothing"

  # What the controller of the DaemonSets would make, in a namespace that allows nothing else than the base says.
  for name in saya-installer saya-monitor; do
    kubectl -n saya-system get daemonset "$name" -o json |
      python3 -c 'import json, sys; t = json.load(sys.stdin)["spec"]["template"]; print(json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "labels": t["metadata"]["labels"]}, "spec": t["spec"]}))' > "$work/pod.json"
    kubectl -n saya-system create --dry-run=server -f "$work/pod.json" > /dev/null
  done
  kubectl create namespace walled > /dev/null
  kubectl label namespace walled pod-security.kubernetes.io/enforce=baseline > /dev/null
  kubectl -n saya-system get daemonset saya-installer -o json |
    python3 -c 'import json, sys; t = json.load(sys.stdin)["spec"]["template"]; print(json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": t["spec"]}))' > "$work/pod.json"
  refused "privileged" kubectl -n walled create --dry-run=server -f "$work/pod.json"
  kubectl delete namespace walled --wait=false > /dev/null
  passed "pods of both DaemonSets are admitted where the namespace's label allows them, and refused elsewhere"
}

# ---- what the installer's account may do ------------------------------------------------------------------------------------------------

account_may_label_nodes_alone() {
  local account=$work/account name=system:serviceaccount:saya-system:saya-installer namespace rules answer label
  for namespace in saya-system kube-system default; do
    rules=$(kubectl create --validate=false -o json -f - --as "$name" <<< "{\"apiVersion\": \"authorization.k8s.io/v1\", \"kind\": \"SelfSubjectRulesReview\", \"spec\": {\"namespace\": \"$namespace\"}}" |
      python3 -c '
import json, sys
status = json.load(sys.stdin)["status"]
assert not status["incomplete"], status
for rule in status["resourceRules"]:
    if set(rule["apiGroups"]) - {"authorization.k8s.io", "authentication.k8s.io"}:   # what anybody may ask of himself
        print(*rule["verbs"], *rule["apiGroups"], *rule["resources"], *rule.get("resourceNames", []))
for rule in status["nonResourceRules"]:
    if rule["verbs"] != ["get"] or any(p.split("/")[1].rstrip("*") not in ("api", "apis", "healthz", "livez", "readyz", "openapi", "openid", "version", ".well-known") for p in rule["nonResourceURLs"]):
        print(rule)')
    same "rights in $namespace" "$(tr -s ' ' <<< "$rules")" 'patch nodes'
  done
  passed "the installer's account may patch nodes, and nothing else in any namespace"

  # By its own token and the installer's own words.
  mkdir "$account"
  cp "$work/certificates/apiserver.crt" "$account/ca.crt"
  kubectl -n saya-system create token saya-installer > "$account/token"
  for answer in '"true"' '"false"' null; do
    label=$answer
    [[ $answer != null ]] || label='""'
    env KUBERNETES_SERVICE_HOST=192.0.2.1 KUBERNETES_SERVICE_PORT=6443 SERVICE_ACCOUNT="$account" NODE_NAME=node-1 sh -euc "$(sed -n '/^label() {/,/^}/p' "$top/packaging/kubernetes/image/installer")
      label \"\$1\"" sh "$answer"
    same "the node's label after $answer" "\"$(kubectl get node node-1 -o 'jsonpath={.metadata.labels.saya\.io/ready}')\"" "$label"
  done
  for answer in "GET nodes/node-1" "GET nodes" "DELETE nodes/node-1" "PATCH nodes/node-1/status" "GET namespaces/saya-system/secrets" "GET pods" "PATCH namespaces/saya-system"; do
    same "$answer" "$(curl -s -o /dev/null -w '%{http_code}' --max-time 20 --cacert "$account/ca.crt" -H "Authorization: Bearer $(< "$account/token")" -X "${answer% *}" \
      -H 'Content-Type: application/merge-patch+json' --data '{}' "https://192.0.2.1:6443/api/v1/${answer#* }")" 403
  done
  passed "by its token the installer's own words set and remove the label; seven other requests are refused"
}

# ---- uninstalled ------------------------------------------------------------------------------------------------------------------------

base_goes() {
  kubectl apply --server-side --validate=strict -k "$top/packaging/kubernetes/uninstall" > /dev/null
  same "what the installer does" "$(kubectl -n saya-system get daemonset saya-installer -o 'jsonpath={.spec.template.spec.containers[0].args}')" '["uninstall"]'
  # Nobody ends a namespace here, which a controller does.
  kubectl delete --wait=false -k "$top/packaging/kubernetes/base" > /dev/null
  objects | grep -v -e '^namespaces .*saya-system$' -e '^namespaces .*walled$' > "$work/after"
  diff "$work/before" "$work/after" || die "something is left of the base"
  passed "the base turns to uninstallation, and goes"
}

# ---- the chart, by helm -----------------------------------------------------------------------------------------------------------------

chart_lives() {
  local chart=$top/packaging/kubernetes/chart release=(--namespace saya-chart)
  objects > "$work/before"
  helm install saya "$chart" "${release[@]}" --create-namespace --set image.repository=registry.example/saya/installer,image.tag=0.1.0 > /dev/null
  same "the installer's image" "$(kubectl -n saya-chart get daemonset saya-installer -o 'jsonpath={.spec.template.spec.containers[0].image}')" registry.example/saya/installer:0.1.0
  same "whom the role is bound to" "$(kubectl get clusterrolebinding saya-installer -o 'jsonpath={.subjects[*].namespace}')" saya-chart
  kubectl auth can-i patch nodes --as system:serviceaccount:saya-chart:saya-installer > /dev/null 2>&1 || die "the chart's account may not label"
  kubectl create -f - > /dev/null <<< "$(pod one ', "runtimeClassName": "saya"')"
  kubectl delete pod one --force --grace-period=0 > /dev/null 2>&1
  passed "helm install"
  helm upgrade saya "$chart" "${release[@]}" --reuse-values --set image.tag=0.2.0 > /dev/null
  same "the installer's image" "$(kubectl -n saya-chart get daemonset saya-installer -o 'jsonpath={.spec.template.spec.containers[0].image}')" registry.example/saya/installer:0.2.0
  helm rollback saya "${release[@]}" > /dev/null
  same "the installer's image" "$(kubectl -n saya-chart get daemonset saya-installer -o 'jsonpath={.spec.template.spec.containers[0].image}')" registry.example/saya/installer:0.1.0
  passed "helm upgrade, helm rollback"
  helm upgrade saya "$chart" "${release[@]}" --reuse-values --set action=uninstall > /dev/null
  same "DaemonSets that uninstall" "$(kubectl -n saya-chart get daemonset -o 'jsonpath={range .items[*]}{.metadata.name}{.spec.template.spec.containers[0].args}{end}')" 'saya-installer["uninstall"]'
  helm uninstall saya "${release[@]}" > /dev/null
  objects | grep -v '^namespaces .*saya-chart$' > "$work/after"
  diff "$work/before" "$work/after" || die "something is left of the chart"
  passed "helm upgrade to uninstallation, helm uninstall: nothing is left but the namespace"
}
