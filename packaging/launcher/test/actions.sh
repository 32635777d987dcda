#!/usr/bin/env bash
# The launcher's actions, called as containerd calls them. Arguments: the binary, the fake daemon, a directory to work in.
set -euo pipefail
# shellcheck source=sandbox.sh
source "$(dirname "${BASH_SOURCE[0]}")/sandbox.sh" "$@"
states=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/states

begin "start prints the address of a new daemon"
export SAYA_TEST_SCRIPT='stderr a line for the log;ready;wait'
exec 9<>"$bundle/log"
JAVA_TOOL_OPTIONS=-bad start || fail "exit code $?"
[[ $(cat "$SAYA_TEST/output") == "unix://$socket" ]] || fail "output"
[[ $(cat "$bundle/address") == "unix://$socket" ]] || fail "address file"
[[ $(stat -c %a "$socket") == 600 && $(stat -c %a "$run_directory") == 700 ]] || fail "modes"
read -r -t 10 line <&9
[[ $line == "a line for the log" ]] || fail "log: $line"
exec 9<&-
guard=$(guard)
[[ $(tr '\0' ' ' <"/proc/$guard/cmdline") == "saya-guard -namespace $namespace -id $id"* ]] || fail "title of the guard"
[[ $(tr '\0' ' ' <"/proc/$(daemon)/cmdline") == *"io.saya.shim.Main daemon -namespace $namespace -address $address"*"-id $id"* ]] \
    || fail "arguments of the daemon"
[[ $(cat "/proc/$guard/oom_score_adj") == $(($(cat /proc/self/oom_score_adj) + 1)) ]] || fail "oom_score_adj"
[[ $(readlink "/proc/$guard/cwd") == / && $(readlink "/proc/$(daemon)/cwd") == / ]] || fail "working directory"
tr '\0' '\n' <"/proc/$(daemon)/environ" | found '^JAVA_TOOL_OPTIONS' && fail "JAVA_TOOL_OPTIONS leaked"
for process in "$guard" "$(daemon)"; do
    find "/proc/$process/fd" -lname "$SAYA_TEST/output" | found . && fail "the output of start is held by $process"
done
[[ $(started_daemons) == 1 ]] || fail "daemons"
echo "ok   $test_name"

test_name="start for a further container starts nothing"
member_bundle second
call second "$SAYA_TEST/second" start </dev/null >"$SAYA_TEST/output" 2>&1 || fail "exit code $?"
[[ $(cat "$SAYA_TEST/output") == "unix://$socket" && $(cat "$SAYA_TEST/second/address") == "unix://$socket" ]] || fail "address"
[[ $(started_daemons) == 1 ]] || fail "started a daemon"
echo "ok   $test_name"

test_name="delete of a further container leaves the pod alone"
delete second "$SAYA_TEST/second" || fail "exit code $?"
deleted
alive "$(daemon)" || fail "daemon is dead"
echo "ok   $test_name"

test_name="SIGTERM to the guard ends the daemon"
kill "$guard"
until_true dead "$guard"
finish

begin "nobody can join a sandbox that is gone"
member_bundle second
call second "$SAYA_TEST/second" start </dev/null >"$SAYA_TEST/output" 2>&1 && fail "succeeded"
grep -q "socket $socket: nobody answers" "$SAYA_TEST/output" || fail "text"
finish

begin "any number of starts at once make one daemon"
for n in 1 2 3 4 5 6 7 8; do
    call "$id" "$bundle" start </dev/null >"$SAYA_TEST/output.$n" 2>&1 &
done
wait
for n in 1 2 3 4 5 6 7 8; do
    [[ $(cat "$SAYA_TEST/output.$n") == "unix://$socket" ]] || fail "$n: $(cat "$SAYA_TEST/output.$n")"
done
[[ $(started_daemons) == 1 ]] || fail "$(started_daemons) daemons"
kill -9 "$(daemon)"
finish

begin "a stale socket file is replaced"
mkdir -p /run/containerd/s
SAYA_TEST_SCRIPT='ready;hang' start
kill -9 "$(guard)"; until_true dead "$(daemon)"
[[ -S $socket ]] || fail "no stale socket to test with"
SAYA_TEST_SCRIPT='ready;wait' start || fail "exit code $?"
[[ $(started_daemons) == 2 ]] || fail "daemons"
kill "$(guard)"
finish

begin "stdin forms"
SAYA_TEST_SCRIPT='fail enough' call "$id" "$bundle" start <&- >"$SAYA_TEST/output" 2>&1 && fail "closed: succeeded"
grep -q enough "$SAYA_TEST/output" || fail "closed"
[[ ! -s $SAYA_TEST/bootstrap ]] || fail "closed: bootstrap is not empty"
printf '\x0a\x03abc' | SAYA_TEST_SCRIPT='fail enough' call "$id" "$bundle" start >"$SAYA_TEST/output" 2>&1 && fail "any"
[[ $(xxd -p "$SAYA_TEST/bootstrap") == 0a03616263 ]] || fail "any: bootstrap"
rm "$SAYA_TEST/bootstrap"
head -c 10000000 /dev/zero | SAYA_TEST_SCRIPT='fail enough' call "$id" "$bundle" start >"$SAYA_TEST/output" 2>&1 && fail "10 MB"
[[ $(stat -c %s "$SAYA_TEST/bootstrap") == 10000000 ]] || fail "10 MB: bootstrap"
head -c 11000000 /dev/zero | call "$id" "$bundle" start >"$SAYA_TEST/output" 2>&1 && fail "11 MB"
grep -q 'stdin: longer than' "$SAYA_TEST/output" || fail "11 MB: text"
{ printf 'x'; sleep 7 & pid=$!; wait -n "$pid" || true; } | call "$id" "$bundle" start >"$SAYA_TEST/output" 2>&1 && fail "open"
grep -q 'stdin: not closed after' "$SAYA_TEST/output" || fail "open: text"
finish

begin "socket_dir of containerd 2.3"
socket=$SAYA_TEST/d/$hash
((${#socket} <= 106)) || { ln -s "$SAYA_TEST" "/tmp/s.$$"; socket=/tmp/s.$$/$hash; }
field() { printf "\\x$(printf %02x $(($1 * 8 + 2)))\\x$(printf %02x ${#2})%s" "$2"; }
{ field 1 "$id"; field 2 "$namespace"; field 9 "${socket%/*}"; } >"$SAYA_TEST/params"
call "$id" "$bundle" start <"$SAYA_TEST/params" >"$SAYA_TEST/output" 2>&1 || fail "exit code $?"
[[ $(cat "$SAYA_TEST/output") == "unix://$socket" ]] || fail "address"
kill -9 "$(guard)"
until_true dead "$(daemon)"
delete "$id" "$bundle" || fail "delete: exit code $?"
deleted
finish
rm -f "/tmp/s.$$"

begin "a daemon that fails tells why, when all is undone"
mkdir "$SAYA_TEST/m"
SAYA_TEST_SCRIPT="mount $SAYA_TEST/m;spawn sleep 300;fail memory: -1 (expected: more)" start && fail "succeeded"
[[ $(cat "$SAYA_TEST/output") == "saya: start of $id: memory: -1 (expected: more)" ]] || fail "text"
nothing_left || fail "something is left"
finish

begin "a daemon that dies before it is ready"
SAYA_TEST_SCRIPT='stderr Error: no such class;exit 3' start && fail "succeeded"
grep -q "exit code 3" "$SAYA_TEST/output" && grep -q "Error: no such class" "$SAYA_TEST/output" || fail "text"
nothing_left || fail "something is left"
SAYA_JAVA_HOME=/none start && fail "succeeded"
grep -q "/none/bin/java: No such file" "$SAYA_TEST/output" || fail "text"
finish

begin "what is no frame ends the daemon"
SAYA_TEST_SCRIPT='garbage;hang' start && fail "succeeded"
grep -q "killed by signal 9" "$SAYA_TEST/output" || fail "text"
finish

begin "a start that is killed takes its daemon with it"
SAYA_TEST_SCRIPT='hang' call "$id" "$bundle" start </dev/null >"$SAYA_TEST/output" 2>&1 &
until_true test -s "$SAYA_TEST/daemons"
kill -9 "$(pgrep -f -- "-id $id start")"
wait || true
until_true dead "$(daemon)"
finish

begin "a guard that is killed during start leaves nothing"
mkdir "$SAYA_TEST/m"
SAYA_TEST_SCRIPT="mount $SAYA_TEST/m;spawn exec sleep 300;hang" call "$id" "$bundle" start </dev/null >"$SAYA_TEST/output" 2>&1 &
until_true mounted "$SAYA_TEST/m"
kill -9 "$(guard)"
wait "$!" && fail "succeeded"
grep -q "its guard process died" "$SAYA_TEST/output" || fail "text"
nothing_left || fail "something is left"
finish

begin "a confined process has a user, namespaces and a root of its own, and nothing else"
mkdir -m 700 "$SAYA_TEST/secret"
(umask 077 && echo open >"$SAYA_TEST/secret/open" && echo closed >"$SAYA_TEST/secret/closed")
chmod 644 "$SAYA_TEST/secret/open"
for file in open closed; do
    SAYA_TEST_SCRIPT="confined $SAYA_TEST/secret/$file grep -q $file $SAYA_TEST/secret/$file && exec sleep 300;ready;wait" start
    child=$(awk '$1 == "process" && $4 == "sh" {print $2}' "$run_directory/guard.journal")
    until_true grep -q sleep "/proc/$child/comm"
    own=$((0x70000000 + $(guard)))
    for line in "Uid:.$own.$own.$own.$own" "Gid:.$own.$own.$own.$own" "Groups:. *" "NoNewPrivs:.1" \
        "Cap(Inh|Prm|Eff|Bnd|Amb):.0000000000000000"; do
        grep -Eqx "$line" "/proc/$child/status" || fail "status has no $line: $(cat "/proc/$child/status")"
    done
    [[ $(grep -cx 'Cap.*0000000000000000' "/proc/$child/status") == 5 ]] || fail "capabilities"
    for kind in mnt pid ipc uts; do
        [[ $(readlink "/proc/$child/ns/$kind") != "$(readlink "/proc/self/ns/$kind")" ]] || fail "namespace $kind is the host's"
    done
    [[ $(readlink "/proc/$child/ns/net") == "$(readlink "/proc/self/ns/net")" ]] || fail "network namespace"
    (cd "/proc/$child/root" && [[ $(echo dev/*) == "dev/null dev/urandom" && ! -e proc && ! -e sys && ! -e root && ! -e home && ! -e run ]]) \
        || fail "root: $(find "/proc/$child/root" -xdev)"
    awk '$6 !~ /^ro,/ {exit 1}' "/proc/$child/mountinfo" || fail "writable: $(cat "/proc/$child/mountinfo")"
    grep -q 'Max core file size *0 *0 ' "/proc/$child/limits" || fail "limits"
    kill -9 "$(guard)"
    until_true dead "$child"
    until_true dead "$(daemon)"
    delete "$id" "$bundle" || fail "delete: exit code $?"
done
SAYA_TEST_SCRIPT="confined $SAYA_TEST/none exec sleep 300;exit 3" start && fail "succeeded"
grep -q "refused: show in the private root: $SAYA_TEST/none: No such file or directory" "$SAYA_TEST/output" || fail "text"
finish

begin "a daemon takes over from another one, and learns of who has exited meanwhile"
mkdir "$SAYA_TEST/m"
export SAYA_TEST_SUCCESSOR="pause 0.6;take;exited;spawn echo \$\$ >$SAYA_TEST/second && exec sleep 300;wait"
SAYA_TEST_SCRIPT="mount $SAYA_TEST/m;spawn echo \$\$ >$SAYA_TEST/first && exec sleep 300;spawn sleep 0.3;ready;successor $SAYA_TEST;wait" start || fail "exit code $?"
first=$(head -1 "$SAYA_TEST/daemons") guard=$(guard)
until_true test -s "$SAYA_TEST/second"
[[ $(started_daemons) == 2 ]] || fail "daemons"
dead "$first" || fail "the first daemon lives"
alive "$(daemon)" && alive "$guard" && alive "$(cat "$SAYA_TEST/first")" && mounted "$SAYA_TEST/m" || fail "something has gone with the first daemon"
[[ $(cat "$SAYA_TEST/exits") == 3 ]] || fail "exits: $(cat "$SAYA_TEST/exits")"
[[ -z $(find "/proc/$(daemon)/fd" -lname 'socket:*') ]] || fail "the guard has given it a socket"
kill -9 "$(daemon)"
finish

begin "whatever becomes of a successor, the daemon goes on until it takes over"
# The first one holds on until the second has been asked for, and is gone when the third is.
SAYA_TEST_SCRIPT="spawn exec sleep 300;ready;successor relative;successor $SAYA_TEST;successor $SAYA_TEST;pause 1.5;successor $SAYA_TEST;wait"
export SAYA_TEST_SUCCESSOR="pause 0.5;mount $SAYA_TEST;stderr no such thing;exit 4"
exec 9<>"$bundle/log"
start || fail "exit code $?"
until_true daemons_were 3
for expected in "no directory of an installation" "there is one already" "may ask for nothing else" "no such thing" "may ask for nothing else" "no such thing"; do
    read -r -t 10 line <&9 && [[ $line == *"$expected"* ]] || fail "log: $line (expected: $expected)"
done
exec 9<&-
first=$(head -1 "$SAYA_TEST/daemons")
alive "$first" || fail "the daemon has gone"
until_true dead "$(daemon)"
kill -9 "$first"
finish

begin "the end of a FIFO is held for the next daemon, until that one gives it up"
mkfifo "$SAYA_TEST/fifo"
cat "$SAYA_TEST/fifo" >"$SAYA_TEST/read" &
reader=$!
export SAYA_TEST_SUCCESSOR="take;pause 0.3;stderr taken;pause 0.7;release;wait"
exec 9<>"$bundle/log"
SAYA_TEST_SCRIPT="hold $SAYA_TEST/fifo;ready;successor $SAYA_TEST;wait" start || fail "exit code $?"
read -r -t 10 line <&9 && [[ $line == taken ]] || fail "log: $line"
dead "$(head -1 "$SAYA_TEST/daemons")" || fail "the first daemon lives"
alive "$reader" || fail "its reader was told of an end"
until_true dead "$reader"
wait "$reader"
exec 9<&-
alive "$(daemon)" || fail "the daemon has gone"
kill -9 "$(daemon)"
finish

begin "a daemon that dies while it has a successor takes it along"
SAYA_TEST_SUCCESSOR="hang"
SAYA_TEST_SCRIPT="ready;successor $SAYA_TEST;pause 0.3;exit 1" start || fail "exit code $?"
until_true daemons_were 2
until_true dead "$(daemon)"
finish

begin "kill -9 of the daemon"
mkdir "$SAYA_TEST/m"
SAYA_TEST_SCRIPT="mount $SAYA_TEST/m;mount $SAYA_TEST/m;spawn (setsid sleep 300 & echo \$! >$SAYA_TEST/orphan); sleep 300;ready;wait" start
mounted "$SAYA_TEST/m" || fail "no mount"
until_true test -s "$SAYA_TEST/orphan"
guard=$(guard)
kill -9 "$(daemon)"
delete "$id" "$bundle" || fail "delete: exit code $?" # as containerd does, at once; it waits for the guard
deleted
nothing_left || fail "something is left after delete"
dead "$(cat "$SAYA_TEST/orphan")" || fail "orphan"
until_true dead "$guard"
finish

begin "kill -9 of the guard"
mkdir "$SAYA_TEST/m"
mount -t tmpfs none "$bundle/rootfs"
sleep 300 & helper=$!
disown "$helper"
start_time=$(awk '{print $22}' "/proc/$helper/stat")
sleep 300 & innocent=$!
disown "$innocent"
printf 4711 >"$bundle/init.pid"
SAYA_TEST_SCRIPT="mount $SAYA_TEST/m;spawn echo \$\$ >$SAYA_TEST/child\; exec sleep 300;ready;wait"
SAYA_TEST_SCRIPT=${SAYA_TEST_SCRIPT/\\;/ &&} start
until_true test -s "$SAYA_TEST/child"
kill -9 "$(guard)"
until_true dead "$(daemon)"
until_true dead "$(cat "$SAYA_TEST/child")"
mounted "$SAYA_TEST/m" || fail "the mount is gone already"
printf 'process %s\n' "$helper $start_time helper" "$innocent $((start_time - 100)) stranger" >>"$run_directory/guard.journal"
delete "$id" "$bundle" || fail "delete: exit code $?"
deleted 08e724 # pid 4711
nothing_left || fail "something is left after delete"
until_true dead "$helper"
alive "$innocent" || fail "killed a process that was not the recorded one"
kill "$innocent"
delete "$id" "$bundle" || fail "second delete: exit code $?"
deleted 08e724
finish

begin "what the record says of network and cgroups is undone"
interface=sy$$
namespace_file=$SAYA_TEST/namespace
touch "$namespace_file"
unshare -n sh -c "mount --bind /proc/self/ns/net $namespace_file" 2>/dev/null || : # needs the caller's mount namespace, which -n keeps
mounted "$namespace_file" || fail "no namespace to test with"
in_namespace() { nsenter --net="$SAYA_TEST/namespace" "$@"; }
in_namespace ip link add "${interface}a" type veth peer name "${interface}b"
in_namespace tc qdisc add dev "${interface}a" ingress
in_namespace tc qdisc add dev "${interface}b" root tbf rate 1mbit burst 128k limit 1m
ip link add "${interface}c" type veth peer name "${interface}d"
cgroup=
[[ -d /sys/fs/cgroup/pids ]] && cgroup=/sys/fs/cgroup/pids/$interface && mkdir "$cgroup"
printf '{"ingress":[{"network_namespace":"%s","name":"%s"}],"shapers":[{"network_namespace":"%s","name":"%s"}],"links":[{"name":"%s"},{"name":"not-there"}],"cgroups":["%s"]}' \
    "$namespace_file" "${interface}a" "$namespace_file" "${interface}b" "${interface}c" "$cgroup" >"$SAYA_TEST/record"
SAYA_TEST_SCRIPT="record $(cat "$SAYA_TEST/record");ready;wait" start
kill -9 "$(guard)"
until_true dead "$(daemon)"
delete "$id" "$bundle" || fail "exit code $?"
deleted
[[ -z $(in_namespace tc qdisc show dev "${interface}a" ingress) ]] || fail "ingress qdisc"
in_namespace tc qdisc show dev "${interface}b" | found tbf && fail "shaper"
in_namespace ip link show "${interface}a" >/dev/null || fail "an interface that was not ours is gone"
ip link show "${interface}c" >/dev/null 2>&1 && fail "link"
[[ ! -d $cgroup ]] || fail "cgroup"
SAYA_TEST_SCRIPT="record {\"links\":[{\"network_namespace\":\"/none\",\"name\":\"x\"}]};ready;wait" start
kill -9 "$(guard)"
until_true dead "$(daemon)"
delete "$id" "$bundle" || fail "of a namespace that is gone: exit code $?"
umount "$namespace_file"
finish

pids=/sys/fs/cgroup/pids
if [[ -w $pids/cgroup.procs ]]; then
    begin "a guard in the sandbox's cgroup leaves it"
    parent=$pids/$interface
    SAYA_TEST_SCRIPT="record {\"cgroups\":[\"$parent/saya_x\"],\"cgroup_homes\":[\"$pids\"],\"cgroup_parents\":[\"$parent\"]};ready;wait" start
    mkdir -p "$parent/saya_x"
    guard >"$parent/saya_x/cgroup.procs"
    kill -9 "$(daemon)"
    until_true nothing_left || fail "the guard does not end"
    [[ ! -d $parent ]] || fail "cgroup of a dead daemon: $(cat "$parent"/saya_x/cgroup.procs)"
    SAYA_TEST_SCRIPT="record {\"cgroups\":[\"$parent/saya_x\"],\"cgroup_homes\":[\"$pids\"],\"cgroup_parents\":[\"$parent\"]};ready;wait" start
    mkdir -p "$parent/saya_x"
    guard >"$parent/saya_x/cgroup.procs"
    kill -9 "$(guard)"
    delete "$id" "$bundle" || fail "exit code $?"
    [[ ! -d $parent ]] || fail "cgroup of a dead guard"
    finish

    begin "a guard whose home is gone leaves by the top"
    SAYA_TEST_SCRIPT="record {\"cgroups\":[\"$parent/saya_x\"],\"cgroup_homes\":[\"$pids/none\"],\"cgroup_parents\":[\"$parent\"]};ready;wait" start
    mkdir -p "$parent/saya_x"
    guard >"$parent/saya_x/cgroup.procs"
    kill -9 "$(daemon)"
    until_true nothing_left
    [[ ! -d $parent ]] || fail "cgroup: $(cat "$parent"/saya_x/cgroup.procs)"
    finish

    begin "a cgroup that others are in stays, and stays recorded"
    mkdir "$SAYA_TEST/m"
    SAYA_TEST_SCRIPT="record {\"id\":\"$id\",\"cgroups\":[\"$parent/saya_x\"],\"cgroup_homes\":[\"$pids\"],\"cgroup_parents\":[\"$parent\"]};mount $SAYA_TEST/m;ready;wait" start
    mkdir -p "$parent/saya_x"
    keeper=$(guard)
    sleep 300 & other=$!
    disown "$other"
    echo "$other" >"$parent/saya_x/cgroup.procs"
    kill -9 "$(daemon)"
    until_true test ! -e "$run_directory/guard.journal"
    delete "$id" "$bundle" && fail "delete: succeeded"
    grep -q "cgroup $parent/saya_x cannot be removed: Device or resource busy" "$SAYA_TEST/errors" || fail "text of delete"
    [[ $(ls -A "$run_directory") == record.json ]] || fail "directory: $(ls -A "$run_directory")"
    mounted "$SAYA_TEST/m" && fail "the mount was not undone"
    start && fail "a new sandbox would forget it"
    "$shim" -bundle "$run_directory" cleanup </dev/null >"$SAYA_TEST/output" 2>&1 && fail "cleanup: succeeded"
    kill -9 "$keeper" # the guard waits for the cgroup as well
    until_true dead "$keeper"
    kill "$other"
    until_true dead "$other"
    "$shim" -bundle "$run_directory" cleanup </dev/null >"$SAYA_TEST/output" 2>&1 || fail "cleanup: exit code $?"
    [[ ! -d $parent ]] || fail "cgroup"
    finish

    begin "a cgroup that is busy for longer goes when it can"
    SAYA_TEST_SCRIPT="record {\"cgroups\":[\"$parent/saya_x\"],\"cgroup_homes\":[\"$pids\"],\"cgroup_parents\":[\"$parent\"]};ready;wait" start
    mkdir -p "$parent/saya_x"
    sleep 300 & other=$!
    disown "$other"
    echo "$other" >"$parent/saya_x/cgroup.procs"
    kill -9 "$(daemon)"
    until_true test ! -e "$run_directory/guard.journal"
    sleep 1 # longer than who cleans up waits at first
    [[ -e $run_directory/record.json ]] || fail "the record has gone before the cgroup"
    kill "$other"
    until_true nothing_left
    [[ ! -d $parent ]] || fail "cgroup"
    finish
fi

# left NAME: the run directory of a sandbox whose cgroup could not be removed and has gone since, as with a pod's.
left() {
    mkdir -p "$SAYA_RUN_DIR/$1"
    echo '{"id":"old","cgroups":["/sys/fs/cgroup/none-there/saya_old"],"cgroup_parents":[]}' >"$SAYA_RUN_DIR/$1/record.json"
}
begin "what is left of earlier sandboxes goes with the next start and the next delete"
left old-1
left owned-1
exec 9<"$SAYA_RUN_DIR/owned-1"
flock 9
SAYA_TEST_SCRIPT="ready;wait" start
until_true test ! -e "$SAYA_RUN_DIR/old-1"
left old-2
delete "$id" "$bundle" || fail "delete: exit code $?"
[[ ! -e $SAYA_RUN_DIR/old-2 ]] || fail "not swept by delete"
[[ -e $SAYA_RUN_DIR/owned-1/record.json ]] || fail "that of somebody else was taken"
exec 9<&-
rm -r "$SAYA_RUN_DIR/owned-1"
finish

# containerd asks for a delete when its connection ends. A guard that is killed between the end of start and that connection is nobody's.
begin "a guard that is killed before containerd has connected is cleaned up after by the next start"
SAYA_TEST_SCRIPT="mount $SAYA_TEST/m;record {\"cgroups\":[\"/sys/fs/cgroup/none-there/saya_x\"]};ready;wait" start
abandoned=$run_directory abandoned_socket=$socket abandoned_mount=$SAYA_TEST/m
kill -9 "$(guard)"
until_true dead "$(daemon)"
[[ -e $abandoned/guard.journal && -S $abandoned_socket ]] || fail "nothing was left to sweep"
begin "and only what is abandoned"
SAYA_TEST_SCRIPT="ready;wait" start
until_true test ! -e "$abandoned"
[[ ! -e $abandoned_socket ]] || fail "the socket was left"
mounted "$abandoned_mount" && fail "a mount was left"
living=$run_directory living_id=$id living_bundle=$bundle living_address=$address
begin "and the sandboxes that live stay"
SAYA_TEST_SCRIPT="ready;wait" start
[[ -e $living/guard.journal ]] || fail "a sandbox that lives was swept"
delete "$id" "$bundle" || fail "delete: exit code $?"
[[ -e $living/guard.journal ]] || fail "a sandbox that lives was swept by delete"
address=$living_address delete "$living_id" "$living_bundle" || fail "delete: exit code $?"
[[ ! -e $living ]] || fail "not deleted"
finish

begin "a record that cannot be read is said to be so"
SAYA_TEST_SCRIPT="record {\"links\":[;ready;wait" start
kill -9 "$(guard)"
until_true dead "$(daemon)"
delete "$id" "$bundle" && fail "delete: succeeded"
grep -q "$run_directory/record.json cannot be read, what it names is left" "$SAYA_TEST/errors" || fail "text of delete: $(cat "$SAYA_TEST/errors")"
finish

begin "an interface gets back what the record says, and only that interface"
touch "$SAYA_TEST/namespace"
unshare -n sh -c "mount --bind /proc/self/ns/net $SAYA_TEST/namespace"
in_namespace ip link add eth0 type veth peer name peer0
little_endian() { printf '%02x%02x%02x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24)); }
index=$(in_namespace ip -o link show eth0 | cut -d: -f1)
at=$(little_endian "$index")
# As linux/rtnetlink.h has them: header, struct ifinfomsg or ifaddrmsg, attributes.
mac=2c00000010000500000000000000000000000000${at}00000000000000000a00010002aabbccddee0000
inet=2800000014000505000000000000000002180000${at}080002000a090002080001000a090002
removal=2000000011000500000000000000000000000000${at}0000000000000000
restore() { # restore INDEX MESSAGES: a sandbox that wrote this down, crashed, is deleted
    SAYA_TEST_SCRIPT="record {\"restore\":[{\"network_namespace\":\"$SAYA_TEST/namespace\",\"name\":\"eth0\",\"index\":$1,\"messages\":\"$2\"}]};ready;wait" start
    kill -9 "$(guard)"
    until_true dead "$(daemon)"
    delete "$id" "$bundle"
}
state() { in_namespace ip -o link show eth0; in_namespace ip -o addr show dev eth0; }
before=$(state)
restore "$((index + 1))" "$mac$inet" || fail "of another index: exit code $?"
[[ $(state) == "$before" ]] || fail "an interface that was not meant was changed"
for damaged in "$removal" "${mac:0:40}" "f$mac" "xy$mac" "ffffff7f${mac:8}" "000000000000" "0b${mac:2}"; do
    restore "$index" "$damaged" 2>/dev/null && fail "said nothing of $damaged"
    [[ $(state) == "$before" ]] || fail "was misled by $damaged"
    delete "$id" "$bundle" || fail "second delete: exit code $?"
done
restore "$index" "$removal$mac$inet" 2>/dev/null && fail "said nothing of a message too many"
in_namespace ip -o link show eth0 | found 02:aa:bb:cc:dd:ee || fail "no MAC address"
in_namespace ip -o addr show dev eth0 | found 'inet 10.9.0.2/24' || fail "no address"
restore "$index" "$mac$inet" || fail "twice: exit code $?"
umount "$SAYA_TEST/namespace"
restore "$index" "$mac$inet" || fail "namespace gone, file left: exit code $?"
rm "$SAYA_TEST/namespace"
restore "$index" "$mac$inet" || fail "namespace gone: exit code $?"
deleted
finish

begin "a PCI device is given back to its driver"
bus=$SAYA_TEST/pci # stands where sysfs has the bus
mkdir -p "$bus/devices/0000:01:00.0" "$bus/drivers/ixgbe" "$bus/drivers/vfio-pci"
ln -s "../../drivers/vfio-pci" "$bus/devices/0000:01:00.0/driver"
fresh() { for file in devices/0000:01:00.0/driver_override drivers/ixgbe/bind drivers/vfio-pci/unbind; do printf - >"$bus/$file"; done; }
written() { for file in devices/0000:01:00.0/driver_override drivers/vfio-pci/unbind drivers/ixgbe/bind; do printf '%s ' "$(head -1 "$bus/$file")"; done; }
give_back() { # give_back ADDRESS DRIVER: a sandbox that wrote this down, crashed, is deleted
    SAYA_TEST_SCRIPT="record {\"pci\":[{\"address\":\"$1\",\"driver\":\"$2\"}]};ready;wait" start
    kill -9 "$(guard)"
    until_true dead "$(daemon)"
    # The guard and its namespace of mounts are the caller's: only this call sees the stand-in.
    (cd "$bundle" && exec unshare --mount sh -c "mount --bind $bus /sys/bus/pci; exec \"\$@\"" sh "$shim" \
        -namespace "$namespace" -address "$address" -publish-binary /bin/true -id "$id" delete) >"$SAYA_TEST/deleted" 2>"$SAYA_TEST/errors"
}
fresh
give_back 0000:01:00.0 ixgbe || fail "exit code $?"
[[ $(written) == " 0000:01:00.0 0000:01:00.0 " ]] || fail "written: $(written)"
fresh
give_back 0000:01:00.0 "" || fail "of no driver: exit code $?"
[[ $(written) == " 0000:01:00.0 - " ]] || fail "of no driver: $(written)"
fresh
give_back 0000:01:00.0 vfio-pci || fail "of vfio-pci: exit code $?"
[[ $(written) == " - - " ]] || fail "of vfio-pci: $(written)"
fresh
give_back 0000:02:00.0 ixgbe || fail "of a device that is gone: exit code $?"
for damaged in "../0000:01:00.0 ixgbe" "0000:01:00.0 ../../x" "0000:01:00.0/ ixgbe" "0000:01:00.00 ixgbe"; do
    give_back "${damaged% *}" "${damaged#* }" && fail "said nothing of $damaged"
    [[ $(written) == "- - - " ]] || fail "was misled by $damaged"
done
finish

begin "delete of a further container when the daemon is dead"
member_bundle second
SAYA_TEST_SCRIPT='ready;wait' start
mount -t tmpfs none "$SAYA_TEST/second/rootfs"
kill -9 "$(guard)"
until_true dead "$(daemon)"
delete second "$SAYA_TEST/second" || fail "exit code $?"
deleted
mounted "$SAYA_TEST/second/rootfs" && fail "rootfs is still mounted"
finish

begin "delete runs the poststop hooks that a dead daemon has left, once"
SAYA_TEST_SCRIPT='ready;wait' start
cat >"$SAYA_TEST/hook" <<'end'
#!/bin/sh
echo "$0 $* $NOTE $(pwd) $(cat)" >>"$SAYA_NOTES"
echo 'seen by nobody'
exec sleep "$2"
end
chmod +x "$SAYA_TEST/hook"
hooks_left() { # hooks_left SECONDS: what the daemon wrote down
    cat >"$bundle/poststop.json" <<end
{"state": "{\\"id\\":\\"$id\\"}",
 "hooks": [{"path": "/missing", "args": ["/missing"], "env": []},
           {"path": "$SAYA_TEST/hook", "args": ["a", "b", "$1"], "env": ["PATH=/bin", "NOTE=n", "SAYA_NOTES=$SAYA_TEST/notes"]}]}
end
}
hooks_left 0
kill -9 "$(guard)"
until_true dead "$(daemon)"
delete "$id" "$bundle" || fail "exit code $?"
[[ $(cat "$SAYA_TEST/notes") == "$SAYA_TEST/hook b 0 n $bundle {\"id\":\"$id\"}" ]] || fail "the hook found: $(cat "$SAYA_TEST/notes")"
grep -q '/missing: No such file or directory' "$SAYA_TEST/errors" || fail "no word of a hook that cannot be run"
[[ ! -e $bundle/poststop.json ]] || fail "they would be run again"
: >"$SAYA_TEST/errors"
deleted
delete "$id" "$bundle" || fail "second delete: exit code $?"
[[ $(wc -l <"$SAYA_TEST/notes") == 1 ]] || fail "run twice"
hooks_left 60
SECONDS=0
delete "$id" "$bundle" || fail "of a hook that hangs: exit code $?"
((SECONDS < 5)) || fail "waited for a hook that hangs"
grep -q 'did not end in time: killed' "$SAYA_TEST/errors" || fail "no word of a hook that hangs"
finish

begin "delete of a sandbox that still lives"
SAYA_TEST_SCRIPT='spawn exec sleep 300;ready;wait' start
daemon=$(daemon)
SECONDS=0
delete "$id" "$bundle" || fail "exit code $?"
deleted
((SECONDS < 5)) || fail "took $SECONDS s"
dead "$daemon" || fail "daemon lives"
SAYA_TEST_SCRIPT='stubborn;spawn exec sleep 300;ready;hang' start
daemon=$(daemon)
SECONDS=0
delete "$id" "$bundle" || fail "exit code $?"
deleted
((SECONDS < 5)) || fail "took $SECONDS s"
until_true dead "$daemon"
finish

begin "the next sandbox of the same name waits for the last one"
mkdir "$SAYA_TEST/m"
for n in 1 2 3 4 5; do
    SAYA_TEST_SCRIPT="mount $SAYA_TEST/m;spawn exec sleep 300;ready;wait" start || fail "start $n: exit code $?"
    [[ $(started_daemons) == "$n" ]] || fail "daemons"
    kill -9 "$(daemon)"
    until_true dead "$(daemon)"
done
finish

begin "delete where nothing ever was"
delete "$id" "$bundle" || fail "exit code $?"
deleted
delete "$id" "$SAYA_TEST" || fail "exit code $?"
printf '{' >"$bundle/config.json"
delete "$id" "$bundle" 2>/dev/null || fail "exit code $?"
finish

begin "cleanup of a run directory whose guard is dead, and only then"
cleanup() { "$shim" -bundle "$1" cleanup </dev/null >"$SAYA_TEST/output" 2>&1; }
mkdir "$SAYA_TEST/m"
sleep 300 & innocent=$!
disown "$innocent"
SAYA_TEST_SCRIPT="mount $SAYA_TEST/m;spawn exec sleep 300;ready;wait" start
printf 'process %s 1 stranger\n' "$innocent" >>"$run_directory/guard.journal"
status=0; cleanup "$run_directory" || status=$?
[[ $status == 3 ]] && grep -q "its guard lives" "$SAYA_TEST/output" || fail "of a living sandbox: $status"
alive "$(daemon)" && mounted "$SAYA_TEST/m" || fail "a living sandbox was touched"
kill -9 "$(guard)"
until_true dead "$(daemon)"
mounted "$SAYA_TEST/m" || fail "the mount is gone already"
cleanup "$run_directory" || fail "exit code $?"
nothing_left || fail "something is left"
alive "$innocent" || fail "killed a process that was not the recorded one"
kill "$innocent"
cleanup "$run_directory" || fail "second cleanup: exit code $?"
for bad in /etc "$SAYA_RUN_DIR" "$SAYA_RUN_DIR/.." "$SAYA_RUN_DIR/a/b" ""; do
    cleanup "$bad" && fail "took $bad for a run directory"
    grep -q "expected: a directory in $SAYA_RUN_DIR" "$SAYA_TEST/output" || fail "text for $bad"
done
finish

# What versions wrote, as it lies in test/states (README.md there): read by this one's delete and cleanup, whatever it adds or lacks. The
# processes of these records are not ours: their numbers are taken by others, who live on.
for state in "$states"/*/; do
    begin "state $(basename "$state"), by cleanup"
    mkdir "$run_directory"
    cp "$state"* "$run_directory/"
    cleanup "$run_directory" || fail "exit code $?"
    [[ ! -e $run_directory ]] || fail "left: $(ls -A "$run_directory")"
    finish

    begin "state $(basename "$state"), by delete"
    mkdir "$run_directory"
    cp "$state"* "$run_directory/"
    delete "$id" "$bundle" || fail "exit code $?"
    [[ ! -e $run_directory ]] || fail "left: $(ls -A "$run_directory")"
    finish
done
alive 1 || fail "a stranger was killed"

begin "devices of a cgroup"
# In a mount namespace of its own: the host may have version 1.
# shellcheck disable=SC2016  # for the inner bash
unshare --mount bash -c '
  set -e
  shim=$1 top=$2/v2
  mkdir "$top"
  mount -t cgroup2 none "$top"
  group=$top/sy$PPID
  mkdir "$group"
  trap "echo \$\$ > $top/cgroup.procs; rmdir $group" EXIT
  "$shim" -bundle "$group" -address "c *:* m,c 1:3 rw,c 1:7 r" devices
  echo $$ > "$group/cgroup.procs"
  echo a > /dev/null
  head -c 1 /dev/full > "$top.full"
  ! head -c 1 /dev/zero
  ! (echo a 1<> /dev/full)
  mknod "$top.node" c 1 5
  ! mknod "$top.other" b 1 5' _ "$shim" "$SAYA_TEST" >"$SAYA_TEST/output" 2>&1 || fail "exit code $?"
(($(grep -c 'Operation not permitted' "$SAYA_TEST/output") == 3)) || fail "not denied, or for another reason"
mkdir "$SAYA_TEST/v1"
touch "$SAYA_TEST"/v1/devices.{allow,deny}
"$shim" -bundle "$SAYA_TEST/v1" -address "c 1:3 rw" devices || fail "version 1"
[[ $(cat "$SAYA_TEST"/v1/devices.{deny,allow}) == "ac 1:3 rw" ]] || fail "version 1: $(cat "$SAYA_TEST"/v1/*)"
"$shim" -address "c 1:3 rw" devices || fail "a kernel that takes it"
"$shim" -bundle "$SAYA_TEST" -address "c 1:3 rw" devices 2>"$SAYA_TEST/output" && fail "no cgroup"
grep -q "devices of $SAYA_TEST" "$SAYA_TEST/output" || fail "no cgroup: text"
for rules in 'c 1:3' 'x 1:3 r' 'c 1 r' 'c 1:3 x' 'c -1:3 r' "$(printf 'c 1:%d r,' {1..65})"; do
    "$shim" -address "$rules" devices 2>"$SAYA_TEST/output" && fail "$rules"
    grep -q 'saya: devices: ".*expected: at most 64 rules' "$SAYA_TEST/output" || fail "$rules: text"
done
finish

begin "cores of its own where containerd asks"
if "$shim" cores 2>"$SAYA_TEST/output"; then why=; else why=$(sed 's/^saya: cores: //' "$SAYA_TEST/output"); fi
export SAYA_TEST_SCRIPT="ready;wait"
exec {log}<>"$bundle/log"
SCHED_CORE=1 start || fail "exit code $?"
line=
read -r -t 1 -u "$log" line || true
if [[ -n $why ]]; then
    [[ $line == *"SCHED_CORE is set"*"$why" ]] || fail "not told: $line"
else
    [[ $line != *SCHED_CORE* ]] || fail "told: $line"
fi
delete "$id" "$bundle" || fail "delete: exit code $?"
exec {log}<&-
finish

begin "bad calls say what is wrong"
(cd "$bundle" && "$shim" -namespace a/b -id x start) >"$SAYA_TEST/output" 2>&1 </dev/null && fail "namespace"
grep -q 'flag -namespace: "a/b"' "$SAYA_TEST/output" || fail "namespace: text"
(cd "$bundle" && "$shim" -namespace a start) >"$SAYA_TEST/output" 2>&1 </dev/null && fail "id"
grep -q 'flag -id: ""' "$SAYA_TEST/output" || fail "id: text"
"$shim" >"$SAYA_TEST/output" 2>&1 && fail "no action"
grep -q 'expected: start or delete' "$SAYA_TEST/output" || fail "no action: text"
finish

begin "information"
"$shim" -v >"$SAYA_TEST/output"
grep -q 'Version:' "$SAYA_TEST/output" || fail "-v"
"$shim" -info </dev/null >"$SAYA_TEST/output"
[[ $(head -c 23 "$SAYA_TEST/output" | xxd -p -c 99) == 0a15696f2e636f6e7461696e6572642e736179612e7632 ]] || fail "-info"
"$shim" features </dev/null >"$SAYA_TEST/output" 2>&1 || fail "features: exit code $?"
[[ $(cat "$SAYA_TEST/output") == '{"ociVersionMin":"1.0.0",'*'"rro",'*'"seccomp":{"enabled":true}}}' ]] || fail "features"
finish
rmdir "$SAYA_RUN_DIR"
