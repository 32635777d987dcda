# shellcheck shell=bash
# What the checks in the machine share. Sourced.

passed=0
ok() { passed=$((passed + 1)); echo "ok: $*"; }
fail() {
  echo "FAILED: $*"
  journalctl --no-pager -n 80 -t saya -u containerd || true
  exit 1
}
equal() { if [[ $2 == "$3" ]]; then ok "$1: $2"; else fail "$1: $2 (expected: $3)"; fi; }
qemu_of() { pgrep -f "qemu-system-x86_64 -name $1," || true; }

# slice NAME MEMORY: as a kubelet has systemd make one for a pod.
slice() {
  printf '[Slice]\nMemoryMax=%s\nMemoryAccounting=yes\nCPUAccounting=yes\n' "$2" > "/run/systemd/system/$1"
  systemctl daemon-reload
  systemctl start "$1"
}

# The product, for containerd to find. Guests are emulated by an emulated machine, and short of memory they take minutes to answer. This kernel has
# vsock, as no other host of the tests has.
install_saya() {
  ln -s /machine/saya/bin/containerd-shim-saya-v2 /usr/local/bin/
  mkdir -p /etc/saya
  cat > /etc/saya/configuration.toml <<'CONFIGURATION'
[agent.kata]
dial_timeout = 900
health_check_request_timeout_ms = 600000
transport = "vsock"
[runtime]
create_container_timeout = 900
CONFIGURATION
}

nothing_left() {
  [[ -z $(pgrep -f 'qemu-system|virtiofsd|saya-guard|saya.shim') ]] || fail "left: $(pgrep -af 'qemu-system|virtiofsd|saya-guard|saya.shim')"
  ok "no process is left"
}
