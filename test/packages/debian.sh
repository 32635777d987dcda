#!/usr/bin/env bash
# What run.sh does with the Debian packages, in a root directory that goes with it: do not run it elsewhere.
# shellcheck disable=SC2154  # machine.sh sets them
set -euo pipefail
# shellcheck source=/dev/null
source /tmp/source/test/packages/machine.sh

start_containerd
answers
before=$(changed)
cp "$config" /tmp/config.before

# ---- installed ---------------------------------------------------------------------------------------------------------------
apt /tmp/packages/saya_1.0_amd64.deb /tmp/packages/saya-monitor_1.0_all.deb
step "installed: $(/usr/lib/saya/versions list)"
has "$(cat /tmp/apt.log)" "saya install --containerd"
saya check --json > /tmp/check.json || { cat /tmp/check.json; die "saya check says no"; }
has "$(cat /tmp/check.json)" '"capable": true'
has "$(man saya-check)" "can run containers"
has "$(bash -c '. /usr/share/bash-completion/completions/saya; complete -p saya')" "saya"
has "$(zsh -fc 'autoload -U compinit; compinit -u -D; echo ${_comps[saya]}')" "_saya"
has "$(systemd-analyze verify /lib/systemd/system/saya-monitor.service /lib/systemd/system/saya-cleanup.service 2>&1; echo "verified $?")" "verified 0"
saya cleanup --yes > /dev/null

saya install --containerd --restart > /tmp/class.yaml 2> /tmp/install.log || { cat /tmp/install.log; die "saya install failed"; }
has "$(cat /tmp/install.log)" "containerd: ready"
has "$(cat /tmp/class.yaml)" "handler: saya"
has "$(containerd config dump)" 'runtime_path = "/usr/bin/containerd-shim-saya-v2"'
has "$(containerd config dump)" 'runtimes.runc]'
has "$(saya install --containerd 2>&1)" "nothing was changed"
[[ -z $(ls /usr/local/bin/containerd-shim-saya-v2 2>/dev/null) ]] || die "a link was made beside the package's"
answers
ctr images import /tmp/demo.tar > /dev/null
run c1
counts c1
step "a container counts in version $(runs_from c1)"
[[ $(runs_from c1) == 1.0 ]]

# ---- upgraded and downgraded under it ----------------------------------------------------------------------------------------
apt /tmp/packages/saya_1.1_amd64.deb /tmp/packages/saya-monitor_1.1_all.deb
counts c1
has "$(/usr/lib/saya/versions list)" "1.0, in use"
has "$(/usr/lib/saya/versions list)" "1.1, current"
run c2
counts c2
[[ $(runs_from c1) == 1.0 && $(runs_from c2) == 1.1 ]] || die "c1 runs from $(runs_from c1), c2 from $(runs_from c2)"
step "upgraded: $(/usr/lib/saya/versions list | paste -sd';')"
[[ $(served_from c1) == 1.0 ]] || die "c1 is served by $(served_from c1) before anybody has asked for another daemon"
has "$(saya upgrade c1)" "c1: served by /usr/lib/saya/1.1"
counts c1
[[ $(served_from c1) == 1.1 && $(runs_from c1) == 1.0 ]] || die "c1 is served by $(served_from c1), its guard is of $(runs_from c1)"
/usr/lib/saya/versions prune
has "$(/usr/lib/saya/versions list)" "1.0, in use"
step "c1 counts on, served by the new version's daemon; its guard keeps the old one"
end c1
/usr/lib/saya/versions prune
lacks "$(/usr/lib/saya/versions list)" "1.0"
step "the old version went with its last sandbox"
apt /tmp/packages/saya_1.0_amd64.deb /tmp/packages/saya-monitor_1.0_all.deb
counts c2
has "$(/usr/lib/saya/versions list)" "1.0, current"
has "$(/usr/lib/saya/versions list)" "1.1, in use"
step "downgraded: $(/usr/lib/saya/versions list | paste -sd';')"
has "$(saya upgrade --all)" "c2: served by /usr/lib/saya/1.0"
counts c2
[[ $(served_from c2) == 1.0 && $(runs_from c2) == 1.1 ]] || die "c2 is served by $(served_from c2), its guard is of $(runs_from c2)"
has "$(/usr/lib/saya/versions list)" "1.1, in use"
step "c2 counts on, served by the daemon of before"

# ---- registered by debconf ---------------------------------------------------------------------------------------------------------
saya uninstall --containerd > /dev/null 2>&1
cmp "$config" /tmp/config.before || die "$config is not what it was after saya uninstall"
dpkg-reconfigure saya > /tmp/reconfigure.log 2>&1
cmp "$config" /tmp/config.before || die "the package registers what nobody has asked for"
debconf-set-selections <<< "saya saya/register multiselect containerd"
dpkg-reconfigure saya > /tmp/reconfigure.log 2>&1 || { cat /tmp/reconfigure.log; die "dpkg-reconfigure failed"; }
has "$(saya install --containerd 2>&1)" "nothing was changed"
counts c2
step "registered by debconf's answer"

# ---- removed under it, purged ----------------------------------------------------------------------------------------------------
apt-get remove -y -q saya saya-monitor > /tmp/apt.log 2>&1 || { cat /tmp/apt.log; die "apt-get remove failed"; }
has "$(cat /tmp/apt.log)" "these sandboxes run on"
has "$(grep -A3 'these sandboxes run on' /tmp/apt.log)" "c2"
cmp "$config" /tmp/config.before || die "$config is not what it was"
counts c2
step "removed: c2 is named, and counts on"
end c2
apt-get purge -y -q saya saya-monitor > /tmp/apt.log 2>&1 || { cat /tmp/apt.log; die "apt-get purge failed"; }
compare "$before"
left=$(find /usr/lib/saya /etc/saya /run/saya 2>/dev/null || true)
[[ -z $left ]] || die "something is left: $left"
step "purged: nothing is left"
end_process "$(cat /tmp/containerd.pid)"
