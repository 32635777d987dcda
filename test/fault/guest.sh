#!/usr/bin/env bash
# guest.sh PRODUCT DIRECTORY [PROGRAM]: makes what the fault suite boots instead of the default guest: the same initrd with another first
# process (init, beside this script), and with the program, a static one, as /attack; and a configuration that names it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
product=$1 directory=$2 program=${3:-}
added=(init agent)
mkdir -p "$directory/root"
install -m 755 "$here/init" "$directory/root/init"
install -m 755 "$here/qemu" "$directory/qemu"
(cd "$directory/root" && cpio --quiet -i --to-stdout init) < "$product/share/saya/saya-initrd.img" > "$directory/root/agent"
chmod 755 "$directory/root/agent"
if [[ -n $program ]]; then
  install -m 755 "$program" "$directory/root/attack"
  added+=(attack)
fi
# What comes later in a row of archives replaces what came before. Each begins at a multiple of four bytes.
cp "$product/share/saya/saya-initrd.img" "$directory/initrd"
truncate -s %512 "$directory/initrd"
(cd "$directory/root" && printf '%s\n' "${added[@]}" | cpio --quiet -o -H newc) >> "$directory/initrd"
cat > "$directory/configuration.toml" <<TOML
[hypervisor.qemu]
path = "$directory/qemu"
valid_hypervisor_paths = ["$directory/qemu"]
kernel = "$product/share/saya/vmlinux"
initrd = "$directory/initrd"
accelerator = "tcg"
default_memory = 256
[agent.kata]
dial_timeout = 20
health_check_request_timeout_ms = 3000
TOML
