# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared with run.sh
# The cases: each runs in a shell of its own under set -e, prints why it fails, and leaves nothing. Sourced by run.sh.

# Those that make no sense without a VM.
vm_cases="two_kernels host_name_is_the_id kill_means_stopped death_of_qemu death_of_daemon another_daemon death_of_guard death_of_virtiofsd recursive_read_only no_kernel little_memory bad_configuration kill_while_stopped"

# run OPTIONS... -- ID COMMAND...: in the foreground, removed afterwards.
run() {
  local options=()
  while [[ $1 != -- ]]; do options+=("$1"); shift; done
  shift
  timeout 90 "${CTR[@]}" run --rm --runtime "$runtime" "${options[@]}" "$image" "$@"
}
start() { start_with -- "$@"; }
# start_with OPTIONS... -- ID COMMAND...
start_with() {
  local options=()
  while [[ $1 != -- ]]; do options+=("$1"); shift; done
  shift
  timeout 90 "${CTR[@]}" run -d --runtime "$runtime" "${options[@]}" "$image" "$@"
}
execute() { timeout 60 "${CTR[@]}" tasks exec --exec-id "$@"; }
kill_task() { timeout 30 "${CTR[@]}" tasks kill "$@"; }
# has_vm ID: so that its absence later says something; true for a runtime without any.
has_vm() { [[ $runtime != io.containerd.saya.v2 ]] || { pid_of qemu "$1" && pid_of virtiofsd "$1"; } > /dev/null; }
status_is() { "${CTR[@]}" tasks list | found -E "^$1 .*$2"; }
# delete prints a warning and fails for a status other than 0, which a killed container has.
remove() {
  until_true 10 status_is "$1" STOPPED
  timeout 30 "${CTR[@]}" tasks delete "$1" || true
  if "${CTR[@]}" tasks list -q | found -x "$1"; then echo "task $1 is still there after delete"; return 1; fi
  timeout 30 "${CTR[@]}" containers delete "$1"
}
equal() {
  if [[ $1 != "$2" ]]; then
    printf 'expected: %s\nfound:    %s\n' "$1" "$2"
    return 1
  fi
}

case_exit_code() {
  local status=0
  run -- c1 sh -c 'echo out; echo err >&2; exit 7' > "$work/out" 2> "$work/err" || status=$?
  equal 7 "$status"
  equal out "$(cat "$work/out")"
  equal err "$(grep -v level= "$work/err")"
}

case_two_kernels() {
  local inside
  inside=$(run -- c1 uname -r)
  [[ $inside != "$(uname -r)" ]]
}

# Nobody gives a name here: the guest is called by the beginning of the id.
case_host_name_is_the_id() { equal a-long-name- "$(run -- a-long-name-of-a-container hostname)"; }

case_million_lines() {
  run -- c1 seq 1 1000000 > "$work/lines"
  cmp <(seq 1 1000000) "$work/lines"
}

case_stdin_sum() {
  head -c 104857600 /dev/urandom > "$work/random"
  equal "$(sha256sum < "$work/random")" "$(run -- c1 sha256sum < "$work/random")"
}

case_output_of_a_process_that_exits_at_once() {
  local i
  start c1 sleep 1000
  for i in $(seq 20); do
    equal "last words $i" "$(execute "e$i" c1 echo "last words $i")"
  done
  kill_task -s SIGKILL c1
  remove c1
}

case_terminal() {
  python3 "$here/terminal.py" "${CTR[@]}" run --rm -t --runtime "$runtime" "$image" c1 sh
}

case_hundred_execs() {
  local i jobs=()
  start c1 sleep 1000
  for i in $(seq 100); do execute "e$i" c1 true; done
  for i in $(seq 10); do
    execute "p$i" c1 sh -c "sleep 1; echo $i" > "$work/p$i" &
    jobs+=($!)
  done
  for i in "${jobs[@]}"; do wait "$i"; done
  for i in $(seq 10); do equal "$i" "$(cat "$work/p$i")"; done
  local status=0
  execute missing c1 /no/such/program > "$work/missing" 2>&1 || status=$?
  (( status != 0 ))
  grep -q /no/such/program "$work/missing"
  kill_task -s SIGKILL c1
  remove c1
}

case_pause_and_figures() {
  start c1 sleep 1000
  timeout 20 "${CTR[@]}" tasks pause c1
  status_is c1 PAUSED
  timeout 20 "${CTR[@]}" tasks resume c1
  status_is c1 RUNNING
  timeout 20 "${CTR[@]}" tasks ps c1 | found -E '^[1-9][0-9]*'
  timeout 20 "${CTR[@]}" tasks metrics c1 | found cpu
  kill_task -s SIGKILL c1
  remove c1
}

case_mounts() {
  mkdir -p "$work/volume"
  echo from the host > "$work/volume/file"
  run --mount "type=bind,src=$work/volume,dst=/volume,options=rbind:rw" --mount "type=bind,src=$work/volume/file,dst=/etc/motd,options=bind:ro" -- \
    c1 sh -c 'cat /etc/motd; echo from the guest > /volume/answer; if echo no > /etc/motd; then echo written; fi' > "$work/out" 2>/dev/null
  equal "from the host" "$(cat "$work/out")"
  equal "from the guest" "$(cat "$work/volume/answer")"
  equal "from the host" "$(cat "$work/volume/file")"
}

# A guest that is rid of its own flags meets those of the host: root in it may remount, and unmount, what it likes.
case_recursive_read_only() {
  mkdir -p "$work/nested/inside"
  trap 'umount "$work/nested/inside"' EXIT
  mount -t tmpfs -o size=1m none "$work/nested/inside"
  local attack='ls /v/inside; mount -o remount,bind,rw /v; mount -o remount,bind,rw /v/inside; touch /v/file; touch /v/inside/file'
  run --privileged --mount "type=bind,src=$work/nested,dst=/v,options=rbind:rro" -- c1 sh -c "$attack" > "$work/out" 2>&1 || true
  cat "$work/out"
  equal 2 "$(grep -c 'touch:.*Read-only file system' "$work/out")"
  [[ ! -e $work/nested/file && ! -e $work/nested/inside/file ]]
  # What is mounted inside keeps its own flags otherwise.
  run --mount "type=bind,src=$work/nested,dst=/v,options=rbind:ro" -- c1 sh -c 'touch /v/inside/file; touch /v/file' > "$work/out" 2>&1 || true
  equal 1 "$(grep -c 'touch: /v/file: Read-only file system' "$work/out")"
  [[ ! -e $work/nested/file && -e $work/nested/inside/file ]]
  if run --mount "type=bind,src=$work/nested,dst=/v,options=rbind:rrw" -- c1 true > "$work/out" 2>&1; then return 1; fi
  grep -q 'option rrw is not supported' "$work/out"
}

case_missing_command() {
  if run -- c1 /no/such/program > "$work/out" 2>&1; then return 1; fi
  cat "$work/out"
  grep -q /no/such/program "$work/out"
}

case_missing_rootfs() {
  if timeout 60 "${CTR[@]}" run --rm --runtime "$runtime" --rootfs "$work/nowhere" c1 true > "$work/out" 2>&1; then return 1; fi
  cat "$work/out"
  grep -q "$work/nowhere" "$work/out"
}

# with_configuration LINES...: prints the path of a configuration that says only this.
with_configuration() {
  printf '%s\n' "$@" > "$work/configuration.toml"
  echo "$work/configuration.toml"
}

refuses() { # PATTERN LINES...: a container with this configuration fails, and says so
  local pattern=$1
  shift
  if run --runtime-config-path "$(with_configuration "$@")" -- c1 true > "$work/out" 2>&1; then return 1; fi
  cat "$work/out"
  grep -qE "$pattern" "$work/out"
}

case_no_kernel() { refuses '/no/such/kernel' '[hypervisor.qemu]' 'kernel = "/no/such/kernel"'; }

case_little_memory() { refuses 'default_memory' '[hypervisor.qemu]' 'default_memory = 16'; }

case_bad_configuration() { refuses 'configuration.toml:1' '[hypervisor.quemu]' 'kernel = "/x"'; }

case_kill_means_stopped() {
  local rounds=3
  [[ -z ${SAYA_TEST_FULL:-} ]] || rounds=200
  for _ in $(seq "$rounds"); do
    start c1 sleep 1000
    has_vm c1
    # Else host_state would look for the sockets of shims where none is.
    equal "unix://$(socket_of c1)" "$(cat "$work/state/io.containerd.runtime.v2.task/$namespace/c1/address")"
    [[ -S $(socket_of c1) ]]
    kill_task -s SIGKILL c1
    gone qemu c1
    gone virtiofsd c1
    remove c1
  done
}

case_kill_while_stopped() {
  start c1 sleep 1000
  kill -STOP "$(pid_of qemu c1)"
  kill_task -s SIGKILL c1
  gone qemu c1
  gone virtiofsd c1
  remove c1
}

case_terminate_the_workload() {
  mkdir -p "$work/flushed"
  timeout 90 "${CTR[@]}" run -d --runtime "$runtime" --mount "type=bind,src=$work/flushed,dst=/flushed,options=rbind:rw" "$image" \
    c1 sh -c 'trap "seq 10000 > /flushed/rows; exit 3" TERM; while :; do sleep 0.1; done'
  # The trap must be set before the signal comes.
  until_true 20 execute ready c1 sh -c 'grep -q "SigCgt:.*[4567cdef][0-9a-f]\{3\}$" /proc/1/status'
  has_vm c1
  kill_task -s SIGTERM c1
  until_true 20 status_is c1 STOPPED
  # Whoever has seen the exit finds no VM.
  gone qemu c1
  gone virtiofsd c1
  timeout 30 "${CTR[@]}" tasks delete c1 > "$work/out" 2>&1
  grep -q 'exit code 3' "$work/out"
  "${CTR[@]}" containers delete c1
  cmp <(seq 10000) "$work/flushed/rows"
}

case_events() {
  "${CTR[@]}" events > "$work/events" &
  local listener=$!
  until_true 10 is_listening
  run -- c1 true
  until_true 10 grep -q '/tasks/delete' "$work/events"
  kill "$listener"
  equal "create start exit delete" "$(grep -oE '/tasks/[a-z]+' "$work/events" | cut -d/ -f3 | paste -sd' ')"
}

# Nothing tells when a client listens, but what it is told.
is_listening() { "${CTR[@]}" namespaces label "$namespace" asked="$RANDOM" && grep -q '/namespaces/update' "$work/events"; }

death_of() { # WHAT OPTIONS...
  start_with "${@:2}" -- c1 sleep 1000
  kill -KILL "$(pid_of "$1" c1)"
  until_true 10 stopped_or_gone c1
  remove_if_there c1
  gone qemu c1
  gone virtiofsd c1
}
stopped_or_gone() { status_is "$1" STOPPED || ! "${CTR[@]}" tasks list -q | found -x "$1"; }
# After the death of a shim containerd deletes the task by itself.
remove_if_there() {
  timeout 30 "${CTR[@]}" tasks delete "$1" || true
  timeout 30 "${CTR[@]}" containers delete "$1"
}
case_death_of_qemu() { death_of qemu; }
case_death_of_virtiofsd() { death_of virtiofsd; }
# One that no other one follows.
case_death_of_daemon() { death_of daemon --runtime-config-path "$(with_configuration '[runtime]' 'daemon_restarts = 0')"; }
case_another_daemon() {
  start_with --runtime-config-path "$(with_configuration '[runtime]' 'daemon_restarts = 3')" -- c1 sleep 1000
  local before
  before=$(pid_of daemon c1)
  kill -KILL "$before"
  equal here "$(execute again c1 echo here)"
  [[ $(pid_of daemon c1) != "$before" ]]
  has_vm c1
  kill_task -s SIGKILL c1
  gone qemu c1
  remove c1
}
case_death_of_guard() { death_of guard; }

case_ten_at_once() {
  local i jobs=()
  for i in $(seq 10); do
    timeout 200 "${CTR[@]}" run --rm --runtime "$runtime" "$image" "t$i" sh -c "echo $i; exit $i" > "$work/t$i" 2>/dev/null &
    jobs+=($!)
  done
  for i in $(seq 10); do
    local status=0
    wait "${jobs[i - 1]}" || status=$?
    equal "$i" "$status"
    equal "$i" "$(cat "$work/t$i")"
  done
}
