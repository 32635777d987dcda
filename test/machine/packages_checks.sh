#!/bin/bash
# The Debian packages on a machine with systemd: installed and registered as README.md prints it, a reboot under a container, an upgrade and a
# downgrade under one that counts, a purge. Runs in the machine (run.sh), at each boot the next part.
# shellcheck disable=SC1091,SC2154  # what is sourced lies beside it there
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export LC_ALL=C.UTF-8 APT_CONFIG=$PWD/apt.conf
source ./debian.sh
source ./containerd.sh
source ./counting.sh
PATIENCE=900   # guests are emulated by an emulated machine
home=$PWD notes=$PWD/notes

ok() { printf 'boot %d, %4d s: %s\n' "$MACHINE_BOOT" "$SECONDS" "$*"; }
finish() {
  local status=$?
  if (( status != 0 && status != 100 )); then
    journalctl --no-pager -b -n 80 || true
  fi
  exit "$status"
}
trap finish EXIT
ctr() { timeout --foreground "$PATIENCE" ctr "$@"; }
answers() {
  local deadline=$((SECONDS + PATIENCE))
  until ctr version > /dev/null 2>&1; do (( SECONDS < deadline )) || die "containerd does not answer"; sleep 1; done
}

# printed WORDS: runs the command of README.md that begins with WORDS, as it is printed there; what it says is in the file said as well.
printed() {
  local command
  command=$(awk -v words="$1" 'sub(/^    (# )?/, "") && index($0, words) == 1 && !found {sub(/   .*/, ""); print; found = 1}' "$home"/README.md)
  [[ -n $command ]] || die "README.md prints no command that begins with: $1"
  printf '# %s\n' "$command"
  # Shown as it comes, by which the host knows that the machine goes on.
  timeout --foreground "$((2 * PATIENCE))" bash -c "$command" 2>&1 < /dev/null | tee "$notes/said" || die "that failed with $?"
}
said() { cat "$notes/said"; }

# ---- what a machine has, but for what it writes by itself ------------------------------------------------------------------------

# files: with what tells that one was changed; below /etc what is in it.
files() {
  find / -xdev \( -path /var/cache -o -path /var/log -o -path /var/lib/apt -o -path /var/lib/containerd -o -path /var/lib/dpkg -o -path /var/lib/systemd \
    -o -path /var/tmp -o -path /var/backups -o -path /tmp -o -path /root -o -path /run -o -path /dev -o -path /proc -o -path /sys -o -path /machine \) -prune \
    -o \( -type f ! -path '/etc/*' -printf '%p %m %U:%G %s %T@\n' -o ! -type f -printf '%p %y %m %U:%G %l\n' \)
  find /etc -xdev -type f ! -name ld.so.cache -exec sha256sum {} +
}
# state: mounts, links, cgroups that are no unit's, units, failures.
state() {
  cut -d' ' -f5 /proc/self/mountinfo | grep -v -e binfmt_misc -e '^/run/credentials'
  ip -o link | cut -d: -f2
  find /sys/fs/cgroup -type d \( -name '*.service' -o -name '*.scope' \) -prune -o -type d ! -name '*.slice' ! -name '*.mount' ! -name '*.socket' ! -name '*.swap' -print
  systemctl list-unit-files --no-legend --no-pager | awk '{print $1, $2}'
  systemctl list-units --failed --plain --no-legend --no-pager | awk '{print "failed", $1}'
}
# same WHAT: as before the installation.
same() {
  "$1" | LC_ALL=C sort -u > "$notes/$1.now"
  diff "$notes/$1" "$notes/$1.now" || die "$1: not what it was before the installation (see above)"
}
nothing_is_left() {
  same files
  same state
  local left
  left=$(find /run /var/lib/dpkg /var/lib/systemd /var/cache -xdev -iname '*saya*' ! -path '/var/cache/apt/*' 2>/dev/null || true)
  left+=$(find /run/containerd/s /run/netns -mindepth 1 2>/dev/null || true)
  left+=$(find /run/containerd/io.containerd.runtime.v2.task -mindepth 2 2>/dev/null || true)
  left+=$(pgrep -af 'qemu-system|virtiofsd|saya' | grep -v -e "/machine/" -e 'pgrep' || true)
  left+=$(grep -l '^Owners:.*saya' /var/cache/debconf/config.dat /var/cache/debconf/templates.dat || true)
  left+=$(dpkg-query -W 'saya*' 2>/dev/null || true)
  [[ -z $left ]] || die "left: $left"
}

# counting_in NAME: begins to count in a container that only sleeps, as that of README.md does.
counting_in() {
  ctr task exec --detach --exec-id counting "$1" /bin/sh -c "$counting"
  counts "$1"
}
install_version() {
  cd "$1"
  printed "apt-get install ./saya_"
  cd ..
}
monitor_answers() {
  local deadline=$((SECONDS + PATIENCE))
  # shellcheck disable=SC2016  # for the inner bash
  until timeout 60 bash -c 'exec 3<> /dev/tcp/127.0.0.1/8090 && printf "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" >&3 && cat <&3' \
    > "$notes/metrics" 2> /dev/null && [[ $(head -n 1 "$notes/metrics") == *" 200 "* ]]; do
    (( SECONDS < deadline )) || { systemctl status --no-pager saya-monitor; die "the monitor does not answer"; }
    sleep 2
  done
}

# ---- installed, registered, run ------------------------------------------------------------------------------------------------------

first_boot() {
  mkdir -p notes
  printf 'APT::Get::Assume-Yes "true";\nAPT::Get::allow-downgrades "true";\nAPT::Sandbox::User "root";\n' > apt.conf
  answers
  for what in files state; do "$what" | LC_ALL=C sort -u > "notes/$what"; done
  ok "a Debian $(cat /etc/debian_version) with $(wc -l < notes/files) files; $(systemctl is-system-running || true)"

  install_version 1.0
  has "$(said)" "saya install --containerd"
  ok "installed: $(/usr/lib/saya/versions list)"
  for unit in saya-monitor.service saya-cleanup.timer; do
    [[ $(systemctl is-active "$unit") == active ]] || die "$unit is $(systemctl is-active "$unit")"
  done
  # An administrator's settings, in the package's own file.
  printf '[agent.kata]\ndial_timeout = 900\n' >> /etc/saya/configuration.toml
  saya check > notes/said 2>&1 || { said; die "saya check"; }
  ok "saya check: $(grep -c '^pass' notes/said) checks passed"
  monitor_answers
  ok "the monitor answers with $(wc -l < notes/metrics) lines"

  started=$(systemctl show -p ActiveEnterTimestampMonotonic --value containerd)
  printed "saya install --containerd --restart"
  has "$(said)" "containerd: ready"
  has "$(said)" "handler: saya"
  (( $(systemctl show -p ActiveEnterTimestampMonotonic --value containerd) > started )) || die "containerd was not restarted"
  answers
  ok "registered, and containerd restarted by systemd"

  ctr image import image.tar > /dev/null
  printed "ctr run -d --runtime io.containerd.saya.v2"
  ok "a container runs"
  printed "saya list"
  has "$(said)" "c1 "
  has "$(said)" "running"
  printed "ctr task exec --exec-id e1 c1 uname -r"
  # Both may be of one release of Debian's.
  [[ $(ctr task exec --exec-id e2 c1 cat /proc/sys/kernel/random/boot_id) != "$(< /proc/sys/kernel/random/boot_id)" ]] || die "the container has this machine's kernel"
  ok "it has a kernel of its own"
  counting_in c1
  [[ $(runs_from c1) == 1.0 ]] || die "c1 runs from $(runs_from c1)"
  ok "it counts, in version 1.0; now the machine is rebooted under it"
  exit 100
}

# ---- after a reboot: run again, upgraded, downgraded, purged --------------------------------------------------------------------------

second_boot() {
  answers
  same_failures
  [[ -z $(pgrep -f 'qemu-system') ]] || die "a machine runs that nobody has started"
  [[ -z $(find /run/saya -mindepth 1 -maxdepth 1 -type d) ]] || die "there are sandboxes after a reboot: $(ls /run/saya)"
  [[ $(systemctl show -p Result --value saya-cleanup.service) == success ]] || die "saya-cleanup.service failed"
  has "$(saya install --containerd 2>&1)" "nothing was changed"
  monitor_answers
  ok "after the reboot: $(systemctl is-system-running || true), registered, the monitor answers"
  ! ctr task ls | found '^c1 .*RUNNING' || die "containerd takes c1 for running"
  ctr task delete c1 > /dev/null 2>&1 || true   # what was lost with the machine
  ctr task start --detach c1
  counting_in c1
  ok "the same container runs again and counts"

  install_version 1.1
  counts c1
  has "$(/usr/lib/saya/versions list)" "1.0, in use"
  has "$(/usr/lib/saya/versions list)" "1.1, current"
  [[ $(served_from c1) == 1.0 ]] || die "c1 is served by $(served_from c1) before anybody has asked for another daemon"
  has "$(cat /etc/saya/configuration.toml)" "dial_timeout = 900"
  ok "upgraded under it, it counts: $(/usr/lib/saya/versions list | paste -sd';')"
  before=$(count c1)
  upgrade_to 1.1
  (( $(count c1) > before )) || die "c1 began anew"
  ok "saya upgrade: the daemon of 1.1 serves it, and it counts"

  install_version 1.0
  counts c1
  has "$(/usr/lib/saya/versions list)" "1.0, current"
  has "$(/usr/lib/saya/versions list)" "1.1, in use"
  upgrade_to 1.0
  ok "downgraded under it, it counts: $(/usr/lib/saya/versions list | paste -sd';')"
  [[ $(systemctl show -p NRestarts --value saya-monitor) == 0 && $(systemctl is-active saya-monitor) == active ]] || die "the monitor did not come through upgrades"

  printed "ctr task kill -s SIGKILL c1"
  [[ -z $(pgrep -f 'qemu-system' || true) ]] || die "kill has returned, and QEMU is there"
  ctr task delete c1 > /dev/null || true
  ctr container delete c1
  ctr image rm docker.io/library/busybox:latest > /dev/null
  ok "killed: when kill returned, QEMU had gone"

  printed "apt-get purge saya saya-monitor"
  nothing_is_left
  ok "purged: files, units, mounts, links, cgroups, /run are what they were before the installation"
  exit 100
}

# upgrade_to VERSION: by saya upgrade. Only what rests can be handed over, so a second try may be needed.
upgrade_to() {
  local try
  for try in 1 2 3; do
    ! saya upgrade --all > "$notes/said" 2>&1 || break
    (( try < 3 )) || { said; die "saya upgrade"; }
  done
  has "$(said)" "c1: served by /usr/lib/saya/$1"
  counts c1
  [[ $(served_from c1) == "$1" && $(runs_from c1) == 1.0 ]] || die "c1 is served by $(served_from c1), its guard is of $(runs_from c1)"
}
same_failures() {
  local now
  now=$(systemctl list-units --failed --plain --no-legend --no-pager | awk '{print "failed", $1}')
  [[ $now == "$(grep '^failed' notes/state || true)" ]] || die "units: $now"
}

# ---- after another one ---------------------------------------------------------------------------------------------------------------------

third_boot() {
  answers
  nothing_is_left
  ok "and after a reboot"
}

case $MACHINE_BOOT in
  1) first_boot ;;
  2) second_boot ;;
  3) third_boot ;;
esac
