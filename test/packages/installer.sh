#!/usr/bin/env bash
# What run.sh does with the installer's image, in a root directory that goes with it: do not run it elsewhere. runc runs the image as a kubelet's
# containerd would: privileged, the host's root at /host, the host's processes seen. A small server stands for the API server, of which it is asked one
# thing: the node's label.
# shellcheck disable=SC2154  # machine.sh sets them
set -euo pipefail
# shellcheck source=/dev/null
source /tmp/source/test/packages/machine.sh
image=saya.local/installer:test

start_containerd
answers
ctr images import /tmp/packages/installer.tar > /dev/null
ctr images import /tmp/demo.tar > /dev/null
before=$(changed)
cp "$config" /tmp/config.before

# ---- what stands for the API server --------------------------------------------------------------------------------------------
account=/tmp/account
mkdir "$account"
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=test -addext 'subjectAltName=IP:127.0.0.1' -keyout /tmp/key.pem -out "$account/ca.crt" 2>/dev/null
echo secret-of-the-account > "$account/token"
/usr/bin/python3 - "$account/ca.crt" <<'EOF' > /tmp/api.log 2>&1 &
import http.server
import ssl
import sys


class Api(http.server.BaseHTTPRequestHandler):
    def do_PATCH(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        allowed = self.headers["Authorization"] == "Bearer secret-of-the-account"
        print(self.path, self.headers["Content-Type"], body, allowed, flush=True)
        self.send_response(200 if allowed else 401)
        self.end_headers()

    def log_message(self, *words):
        pass


server = http.server.HTTPServer(("127.0.0.1", 6443), Api)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], "/tmp/key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
EOF

# installer ACTION [OPTION...]: to its end; its words are in /tmp/installer.log.
installer() {
  local action=$1 deadline=$((SECONDS + 120))
  shift
  rm -f /tmp/installer.log
  ctr run -d --runtime io.containerd.runc.v2 --privileged --net-host --with-ns pid:/proc/1/ns/pid --log-uri file:///tmp/installer.log \
    --mount type=bind,src=/,dst=/host,options=rbind:rw --env ONCE=1 --env RESTART=1 --env NODE_NAME=node-1 --env KUBERNETES_SERVICE_HOST=127.0.0.1 \
    --env KUBERNETES_SERVICE_PORT=6443 --env SERVICE_ACCOUNT=/host$account "$@" "$image" installer /bin/installer "$action"
  until answers && ctr task ls | found '^installer .*STOPPED'; do
    (( SECONDS < deadline )) || { cat /tmp/installer.log; die "the installer has not ended"; }
    sleep 0.2
  done
  ctr task delete installer > /dev/null || { cat /tmp/installer.log; die "the installer failed"; }
  ctr container delete installer
}

installer install
has "$(cat /tmp/installer.log)" "is registered"
has "$(containerd config dump)" 'runtimes.saya]'
has "$(containerd config dump)" 'runtimes.runc]'
has "$(cat /tmp/api.log)" '/api/v1/nodes/node-1 application/merge-patch+json {"metadata":{"labels":{"saya.io/ready":"true"}}} True'
has "$(/opt/saya/current/bin/saya check --node)" "ready, "
step "installed: $(/opt/saya/versions list)"
run c1
counts c1
first=$(runs_from c1)
step "a container counts in version $first"

echo 9.9 > /tmp/product.version
installer install --mount type=bind,src=/tmp/product.version,dst=/product.version,options=rbind:ro
counts c1
[[ $(readlink /opt/saya/current) == 9.9 && $(runs_from c1) == "$first" ]] || die "current is $(readlink /opt/saya/current), c1 runs from $(runs_from c1)"
run c2
[[ $(runs_from c2) == 9.9 ]] || die "c2 runs from $(runs_from c2)"
step "upgraded: $(/opt/saya/versions list | paste -sd';')"
end c1

installer uninstall
counts c2
has "$(cat /tmp/installer.log)" "have sandboxes and stay until those have ended: 9.9, in use"
has "$(tail -n 1 /tmp/api.log)" '"saya.io/ready":null'
cmp "$config" /tmp/config.before || die "$config is not what it was"
step "uninstalled under c2, which counts on"
end c2
installer uninstall
has "$(cat /tmp/installer.log)" "nothing is left on this node"
compare "$before"
left=$(find /opt/saya /usr/local/bin/containerd-shim-saya-v2 2>/dev/null || true)
[[ -z $left ]] || die "something is left: $left"
step "uninstalled: nothing is left"
end_process "$(cat /tmp/containerd.pid)"
