# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared with run.sh
# Starts that fail, for real, one in each phase: what `ctr run` prints names the phase, the cause and what to do. Sourced by run.sh.
vm_cases="$vm_cases fails_in_configuration fails_in_share fails_in_network fails_in_spawn fails_in_qmp fails_in_qmp_silently fails_in_kernel_without_init
  fails_in_kernel_without_driver fails_in_kernel_without_memory fails_in_kernel_with_kvm fails_in_agent fails_in_sandbox fails_in_container"

# fails_with PATTERN... -- LINES...: a container with this configuration does not start, and each pattern is in what is printed.
fails_with() {
  local patterns=() pattern
  while [[ $1 != -- ]]; do patterns+=("$1"); shift; done
  shift
  if run --runtime-config-path "$(with_configuration "$@")" -- c1 true > "$work/out" 2>&1; then
    echo "the container ran"
    return 1
  fi
  cat "$work/out"
  for pattern in "${patterns[@]}"; do
    grep -qE -- "$pattern" "$work/out" || { echo "missing: $pattern"; return 1; }
  done
}

# program LINES...: prints the path of a program that is no QEMU.
program() {
  printf '%s\n' "$@" > "$work/program"
  chmod 755 "$work/program"
  echo "$work/program"
}

# initrd DIRECTORY [FILTER]: prints the path of the default guest's initrd with what is in the directory laid over it.
initrd() {
  cp "$product/share/saya/saya-initrd.img" "$work/initrd.img"
  (cd "$1" && find . -mindepth 1 | cpio --quiet -R 0:0 -H newc -o) | "${2:-cat}" >> "$work/initrd.img"
  echo "$work/initrd.img"
}

case_fails_in_configuration() {
  fails_with 'phase configuration' 'configuration.toml:2:1: error: .*default_memroy.*default_memory' -- '[hypervisor.qemu]' 'default_memroy = 512'
}

case_fails_in_share() {
  fails_with 'phase share' 'virtiofsd' -- '[hypervisor.qemu]' 'virtio_fs_daemon = "/bin/false"'
}

# A file that is no network namespace.
case_fails_in_network() {
  : > "$work/no-namespace"
  if run --with-ns "network:$work/no-namespace" -- c1 true > "$work/out" 2>&1; then return 1; fi
  cat "$work/out"
  grep -q 'phase network' "$work/out"
  grep -q "$work/no-namespace" "$work/out"
}

case_fails_in_spawn() {
  fails_with 'phase QEMU spawn' "$work/program" -- '[hypervisor.qemu]' "path = \"$(program '#!/no/such/interpreter')\""
}

case_fails_in_qmp() {
  fails_with 'phase (QEMU spawn|QMP)' 'QEMU ended with exit code 1' 'no-such-feature' -- '[hypervisor.qemu]' 'cpu_features = "no-such-feature=on"'
}

case_fails_in_qmp_silently() {
  fails_with 'phase QMP' 'monitor does not answer' -- '[hypervisor.qemu]' "path = \"$(program '#!/bin/sh' 'exec sleep 1000')\"" 'accelerator = "tcg"' '[agent.kata]' 'dial_timeout = 3'
}

case_fails_in_kernel_without_init() {
  fails_with 'phase kernel' 'QEMU ended' 'what to do: .*/init' 'Kernel panic - not syncing' -- '[hypervisor.qemu]' 'kernel_params = "rdinit=/no/such/init"'
}

# The modules of the agent's channel are missing.
case_fails_in_kernel_without_driver() {
  mkdir -p "$work/over/lib/modules"
  : > "$work/over/lib/modules/order"
  : > "$work/over/lib/modules/later"
  fails_with 'phase kernel' 'what to do: .*virtio_console' -- '[hypervisor.qemu]' "initrd = \"$(initrd "$work/over")\"" '[agent.kata]' 'dial_timeout = 15'
}

# A few KiB that unpack to more than the guest has.
case_fails_in_kernel_without_memory() {
  mkdir -p "$work/large"
  truncate -s 600M "$work/large/zeros"
  fails_with 'phase kernel' 'what to do: .*default_memory' -- '[hypervisor.qemu]' 'default_memory = 256' "initrd = \"$(initrd "$work/large" gzip)\"" \
    '[agent.kata]' 'dial_timeout = 60'
}

# Only where KVM runs no guest; elsewhere there is nothing to fail.
case_fails_in_kernel_with_kvm() {
  if "$product/bin/saya" check --json | grep -A1 '"check": "kvm"' | found pass; then return 0; fi
  fails_with 'phase (QEMU spawn|QMP|kernel)' 'what to do: .*accelerator' -- '[hypervisor.qemu]' 'accelerator = "kvm"' '[agent.kata]' 'dial_timeout = 10'
}

# An agent that opens its channel and speaks another protocol.
case_fails_in_agent() {
  mkdir -p "$work/foreign"
  cat > "$work/foreign/init" <<'EOF'
#!/bin/sh
busybox mount -t devtmpfs devtmpfs /dev
while read -r module; do busybox insmod "$module"; done < /lib/modules/order
# The driver makes the node before it knows the port by it: an open in between fails, and would end the first process.
until [ -c /dev/vport0p1 ] && ( : <> /dev/vport0p1 ); do busybox sleep 0.1; done
exec 3<> /dev/vport0p1
while :; do echo "HTTP/1.1 400 Bad Request" >&3; busybox sleep 1; done
EOF
  chmod 755 "$work/foreign/init"
  fails_with 'phase agent' 'answers neither by ttrpc nor by gRPC' -- '[hypervisor.qemu]' "initrd = \"$(initrd "$work/foreign")\"" '[agent.kata]' 'dial_timeout = 60'
}

case_fails_in_sandbox() {
  fails_with 'phase sandbox' 'no_such_module' -- '[agent.kata]' 'kernel_modules = ["no_such_module"]'
}

case_fails_in_container() {
  if run -- c1 /no/such/program > "$work/out" 2>&1; then return 1; fi
  cat "$work/out"
  # In the words of runc, and nothing of the guest's around them.
  grep -q 'OCI runtime create failed: unable to start container process: exec: "/no/such/program": stat /no/such/program: no such file or directory' "$work/out"
}
