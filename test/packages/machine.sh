# shellcheck shell=bash disable=SC2034,SC2154
# A machine with Debian's containerd, in a root directory that goes with it: for the scripts that run.sh starts there. Sourced.
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# shellcheck source=/dev/null
source /tmp/source/packaging/lib/debian.sh
# shellcheck source=/dev/null
source /tmp/source/packaging/lib/containerd.sh
# shellcheck source=/dev/null
source /tmp/source/test/packages/counting.sh
[[ -d /tmp/upper ]] || die "this is for run.sh"
config=/etc/containerd/config.toml
demo=saya.local/demo:latest

step() { printf '%3d s  %s\n' "$SECONDS" "$*"; }
apt() { apt-get install -y -q --no-install-recommends --allow-downgrades -o APT::Sandbox::User=root "$@" > /tmp/apt.log 2>&1 || { tail -n 30 /tmp/apt.log; die "apt-get install $* failed"; }; }

# changed: what differs from the machine below, but for the notes of dpkg and apt, and caches; containerd's configuration is compared by itself.
changed() {
  (cd /tmp/upper && find . -mindepth 1 ! -type d -printf '%p %l\n') | LC_ALL=C sort |
    sed -E '/^\.\/(var\/(lib\/(dpkg|apt|systemd\/deb-systemd|lintian|ucf)|cache|log|backups)|etc\/(ld\.so\.cache|containerd\/config\.toml)|root|usr\/local\/sbin\/systemctl|dev)/d'
}

# ---- a machine with Debian's containerd, and something that does what systemd would ------------------------------------------
start_containerd() {
  # As systemd would start it: nobody's descriptors, and the PATH of a service.
  setsid env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin containerd > /tmp/containerd.log 2>&1 < /dev/null &
  echo $! > /tmp/containerd.pid
}
# Who calls systemctl is not who starts containerd: it would end with the caller's container.
mkfifo /tmp/systemd.asked /tmp/systemd.done
systemd() {
  local words
  while read -r words < /tmp/systemd.asked; do
    [[ $words == "restart containerd" ]] || die "systemctl $words is more than this test expects"
    end_process "$(cat /tmp/containerd.pid)"
    start_containerd
    echo "$words" > /tmp/systemd.done
  done
}
systemd &
cat > /usr/local/sbin/systemctl <<'EOF'
#!/bin/sh
echo "$*" > /tmp/systemd.asked
read -r words < /tmp/systemd.done
EOF
chmod 755 /usr/local/sbin/systemctl
ctr() { timeout --foreground 120 ctr "$@"; }
answers() {
  local deadline=$((SECONDS + 30))
  until ctr version >/dev/null 2>&1; do
    (( SECONDS < deadline )) || { tail -n 20 /tmp/containerd.log; die "containerd does not answer"; }
    sleep 0.1
  done
}
finish() {
  local status=$?
  (( status == 0 )) || { tail -n 20 /tmp/containerd.log 2>/dev/null; step "FAILED"; }
  exit "$status"
}
trap finish EXIT

# compare BEFORE: nothing has changed since `changed` said that.
compare() {
  local after
  after=$(changed)
  [[ $after == "$1" ]] || { diff <(echo "$1") <(echo "$after") || true; die "something is left"; }
}
demo_image /tmp/demo.tar "$demo"
run() { ctr run -d --runtime io.containerd.saya.v2 "$demo" "$1" /bin/sh -c "$counting"; }
