#!/usr/bin/env bash
# The guard between callers and their daemon, and another daemon in the place of one that died. Arguments: the binary, the fake daemon, a
# directory to work in, the caller.
set -euo pipefail
# shellcheck source=sandbox.sh
source "$(dirname "${BASH_SOURCE[0]}")/sandbox.sh" "$@"
caller=$4
trap 'jobs -p | xargs -r kill 2>/dev/null; leave' EXIT

calls_were() { [[ $(grep -v end "$SAYA_TEST/calls" 2>/dev/null | sort | paste -sd' ') == "$1" ]]; }
callers_ended() { (($(grep -c end "$SAYA_TEST/calls") == $1)); }
heard() { [[ $(paste -sd' ' "$SAYA_TEST/heard") == "$1" ]]; }
# True if a socket of this process has bytes that it has not read.
waits_unread() { ss -xnp | awk -v pid="pid=$1," 'index($0, pid) && $3 > 0 {found = 1} END {exit !found}'; }
# To be waited for: somebody else copies the log.
log_has() { grep -qF "$1" "$SAYA_TEST/containerd.log"; }
# As containerd does it: somebody reads the log FIFO.
begin_logged() {
    begin "$1"
    exec 9<>"$bundle/log"
    cat <&9 >"$SAYA_TEST/containerd.log" 2>/dev/null 9<&- &
    logger=$!
    exec 9<&-
}
finish_logged() {
    until_true nothing_left
    kill "$logger" 2>/dev/null || true
    finish
}
# call_in_background WORD...: a caller whose words are those of caller.c.
call_in_background() {
    "$caller" "$socket" "$@" >"$SAYA_TEST/heard" 2>"$SAYA_TEST/caller.errors" &
    calling=$!
}
caller_done() { wait "$calling" || fail "caller: $(cat "$SAYA_TEST/caller.errors"), heard: $(paste -sd' ' "$SAYA_TEST/heard")"; }

begin_logged "another daemon follows one that died: callers, children and exits stay"
child="spawn echo \$\$ >$SAYA_TEST/child && exec sleep 300"
export SAYA_TEST_RESTART="take;exits 1;relay 2;ready;serve"
SAYA_TEST_SCRIPT="$child;spawn sleep 0.1;relay 2;exits 1;ready;serve Wait" start || fail "exit code $?"
guard=$(guard) first=$(daemon)
[[ $(cat "$SAYA_TEST/output") == "unix://$socket" ]] || fail "output"
call_in_background Wait State answers 2
until_true heard State
kill -9 "$first"
caller_done
[[ $(paste -sd' ' "$SAYA_TEST/heard") == "State Wait" ]] || fail "heard: $(cat "$SAYA_TEST/heard")"
calls_were "State Wait Wait" || fail "calls: $(cat "$SAYA_TEST/calls")"
[[ $(started_daemons) == 2 ]] && dead "$first" && alive "$(daemon)" && alive "$guard" || fail "daemons"
alive "$(cat "$SAYA_TEST/child")" || fail "the child has gone"
[[ $(paste -sd' ' "$SAYA_TEST/exits") == "2 2" ]] || fail "exits: $(cat "$SAYA_TEST/exits")"
"$caller" "$socket" State answers 1 >/dev/null || fail "a new caller"
until_true log_has "another one is started"
kill -TERM "$guard"
finish_logged

begin_logged "half an answer goes no further, half a request waits for its rest"
export SAYA_TEST_RESTART="take;relay 2;ready;serve"
SAYA_TEST_SCRIPT="relay 2;ready;serve halfWait" start || fail "exit code $?"
call_in_background State answers 1 Wait half Pids file "$SAYA_TEST/second" rest answers 3
until_true calls_were "State Wait"
kill -9 "$(daemon)"
until_true daemons_were 2
touch "$SAYA_TEST/second"
caller_done
[[ $(paste -sd' ' "$SAYA_TEST/heard") == "State Wait Pids" ]] || fail "heard: $(cat "$SAYA_TEST/heard")"
kill -TERM "$(guard)"
finish_logged

for method in Create Kill Shutdown; do
    begin_logged "$method in progress: all ends, and its caller learns it when all is dead"
    child="spawn echo \$\$ >$SAYA_TEST/child && exec sleep 300"
    SAYA_TEST_SCRIPT="$child;relay 2;ready;serve Wait,$method" start || fail "exit code $?"
    until_true test -s "$SAYA_TEST/child"
    call_in_background Wait "$method" end
    until_true calls_were "$(printf '%s\n' Wait "$method" | sort | paste -sd' ')"
    kill -9 "$(daemon)"
    caller_done
    dead "$(cat "$SAYA_TEST/child")" || fail "its caller was told before the end of the child"
    heard end || fail "heard: $(cat "$SAYA_TEST/heard")"
    [[ $(started_daemons) == 1 ]] || fail "daemons"
    until_true log_has "may not be carried out twice"
    finish_logged
done

begin_logged "a Kill that comes while nobody serves is the next daemon's"
export SAYA_TEST_RESTART="pause 0.5;take;pause 0.5;relay 2;ready;serve"
SAYA_TEST_SCRIPT="relay 2;ready;serve Wait" start || fail "exit code $?"
call_in_background Wait file "$SAYA_TEST/second" Kill answers 2
until_true calls_were Wait
kill -9 "$(daemon)"
until_true daemons_were 2
touch "$SAYA_TEST/second"
caller_done
calls_were "Kill Wait Wait" || fail "calls: $(cat "$SAYA_TEST/calls")"
kill -TERM "$(guard)"
finish_logged

begin_logged "a Kill that comes while nobody serves, and nobody ever will, is answered by the end"
child="spawn echo \$\$ >$SAYA_TEST/child && exec sleep 300"
export SAYA_TEST_RESTART="pause 1;take;fail no such guest;exit 1"
SAYA_TEST_SCRIPT="$child;relay 2;ready;serve Wait" start || fail "exit code $?"
until_true test -s "$SAYA_TEST/child"
call_in_background Wait file "$SAYA_TEST/second" Kill end
until_true calls_were Wait
kill -9 "$(daemon)"
until_true daemons_were 2
touch "$SAYA_TEST/second"
caller_done
dead "$(cat "$SAYA_TEST/child")" || fail "its caller was told before the end of the child"
[[ $(started_daemons) == 2 ]] || fail "daemons"
finish_logged

begin_logged "a call that the dead daemon has not read is the next one's"
export SAYA_TEST_RESTART="take;relay 2;ready;serve"
SAYA_TEST_SCRIPT="relay 2;ready;serve Wait" start || fail "exit code $?"
call_in_background Wait file "$SAYA_TEST/stopped" Create answers 2
until_true calls_were Wait
kill -STOP "$(daemon)"
touch "$SAYA_TEST/stopped"
until_true waits_unread "$(daemon)"
kill -9 "$(daemon)"
caller_done
calls_were "Create Wait Wait" || fail "calls: $(cat "$SAYA_TEST/calls")"
kill -TERM "$(guard)"
finish_logged

begin_logged "as often within an hour as is allowed, and no more"
export SAYA_TEST_RESTART="take;relay 2;ready;serve Wait"
SAYA_TEST_SCRIPT="relay 2;ready;serve Wait" start || fail "exit code $?"
call_in_background Wait end
for n in 1 2 3; do
    until_true calls_were "$(yes Wait | head -n "$n" | paste -sd' ')"
    kill -9 "$(daemon)"
done
caller_done
[[ $(started_daemons) == 3 ]] || fail "daemons"
until_true log_has "too often"
finish_logged

begin_logged "before it has taken over, the next daemon may ask for nothing"
export SAYA_TEST_RESTART="mount $SAYA_TEST;ready;spawn exit 0;take;relay 2;ready;serve"
SAYA_TEST_SCRIPT="relay 2;ready;serve Wait" start || fail "exit code $?"
call_in_background Wait answers 1
until_true calls_were Wait
kill -9 "$(daemon)"
caller_done
[[ $(grep -c "may ask for nothing else" "$SAYA_TEST/containerd.log") == 3 ]] || fail "log: $(cat "$SAYA_TEST/containerd.log")"
kill -TERM "$(guard)"
finish_logged

begin_logged "a daemon that ends in good order, or is to end, is not followed"
SAYA_TEST_SCRIPT="relay 2;ready;pause 0.3;exit 0" start || fail "exit code $?"
until_true nothing_left
[[ $(started_daemons) == 1 ]] || fail "daemons"
SAYA_TEST_SCRIPT="stubborn;relay 2;ready;serve" start || fail "exit code $?"
kill -TERM "$(guard)"
kill -9 "$(daemon)"
until_true nothing_left
[[ $(started_daemons) == 2 ]] || fail "daemons"
finish_logged

for last in hang "pause 0.6;exit 3"; do
    begin_logged "one that crashes aloud is followed, what comes meanwhile waits: $last"
    export SAYA_TEST_RESTART="take;relay 2;ready;serve Wait"
    SAYA_TEST_SCRIPT="relay 2;ready;pause 0.5;garbage;stderr last words;$last" start || fail "exit code $?"
    call_in_background State file "$SAYA_TEST/second" Create answers 2
    until_true log_has "what is no request"
    touch "$SAYA_TEST/second"
    "$caller" "$socket" Kill answers 1 >/dev/null || fail "a new caller"
    caller_done
    calls_were "Create Kill State" || fail "calls: $(cat "$SAYA_TEST/calls")"
    [[ $(started_daemons) == 2 ]] || fail "daemons"
    [[ $(grep -c "what is no request" "$SAYA_TEST/containerd.log") == 1 ]] || fail "log: $(cat "$SAYA_TEST/containerd.log")"
    until_true log_has "last words"
    kill -TERM "$(guard)"
    finish_logged
done

begin_logged "without restarts the guard only relays, and a death is the end"
SAYA_TEST_SCRIPT="relay 0;ready;serve Wait" start || fail "exit code $?"
call_in_background State answers 1 Wait end
until_true calls_were "State Wait"
kill -9 "$(daemon)"
caller_done
[[ $(started_daemons) == 1 ]] || fail "daemons"
finish_logged

begin_logged "callers that do not read cost a bounded memory, and hinder nobody"
SAYA_TEST_SCRIPT="relay 2;ready;serve Wait" start || fail "exit code $?"
guard=$(guard)
"$caller" "$socket" flood State &
flooding=$!
"$caller" "$socket" flood Wait & # whose requests stay without an answer
waiting=$!
for _ in {1..20}; do "$caller" "$socket" State answers 1 >/dev/null || fail "another caller"; done
wait "$flooding" || fail "flood of answers"
wait "$waiting" || fail "flood of requests"
highest=$(awk '/VmHWM/ {print $2}' "/proc/$guard/status")
[[ $work != *as-shipped ]] || ((highest < 60000)) || fail "the guard's memory: $highest KiB"
"$caller" "$socket" State answers 1 >/dev/null || fail "a caller after it"
kill -TERM "$guard"
finish_logged

begin_logged "a request that is too long is refused, and the next one is served"
SAYA_TEST_SCRIPT="relay 2;ready;serve" start || fail "exit code $?"
call_in_background Exec+5000000 State State+4000000 answers 3
caller_done
heard "Exec refused State State" || fail "heard: $(cat "$SAYA_TEST/heard")"
calls_were "State State" || fail "calls: $(cat "$SAYA_TEST/calls")"
kill -TERM "$(guard)"
finish_logged

begin_logged "each side's end is passed on"
SAYA_TEST_SCRIPT="relay 2;ready;serve Wait" start || fail "exit code $?"
"$caller" "$socket" Wait file "$SAYA_TEST/calls"
until_true callers_ended 1
call_in_background State shut answers 1 end
caller_done
kill -TERM "$(guard)"
finish_logged

begin_logged "who is of another group is not served"
SAYA_TEST_SCRIPT="relay 2;ready;serve" start || fail "exit code $?"
setpriv --regid=1 --clear-groups "$caller" "$socket" end >"$SAYA_TEST/heard" || fail "a stranger: $(cat "$SAYA_TEST/heard")"
[[ ! -e $SAYA_TEST/calls ]] || fail "calls: $(cat "$SAYA_TEST/calls")"
kill -TERM "$(guard)"
finish_logged

begin_logged "a daemon that is not ready in 20 s is given up"
export SAYA_TEST_RESTART="take;hang"
SAYA_TEST_SCRIPT="relay 2;ready;serve Wait" start || fail "exit code $?"
call_in_background Wait end
until_true calls_were Wait
begun=$SECONDS
kill -9 "$(daemon)"
caller_done
((SECONDS - begun >= 19 && SECONDS - begun < 25)) || fail "after $((SECONDS - begun)) s, log: $(cat "$SAYA_TEST/containerd.log")"
until_true log_has "it was to follow another one, and was not ready yet"
finish_logged
