# shellcheck shell=bash disable=SC2034,SC2154,SC2016  # variables are shared with run.sh
# The options of ctr's run and tasks. As cases.sh.

case_directory_environment_and_user_of_an_exec() {
  printf 'FROM_FILE=f\nOTHER=o p\n' > "$work/environment"
  equal '/tmp f o p e' "$(run --cwd /tmp --env-file "$work/environment" --env GIVEN=e -- c1 sh -c 'echo "$(pwd) $FROM_FILE $OTHER $GIVEN"')"
  start c1 sleep 1000
  equal '/etc 1000 1001' "$(execute e1 --cwd /etc --user 1000:1001 c1 sh -c 'echo "$(pwd) $(id -u) $(id -g)"')"
  kill_task -s SIGKILL c1
  remove c1
}

case_pid_in_a_file() {
  start_with --pid-file "$work/pid" -- c1 sleep 1000
  [[ -d /proc/$(< "$work/pid") ]]
  equal "$(< "$work/pid")" "$("${CTR[@]}" tasks list | awk '$1 == "c1" {print $2}')"
  kill_task -s SIGKILL c1
  remove c1
}

case_streams_in_a_directory_of_the_users() {
  mkdir -p "$work/fifos"
  equal words "$(run --fifo-dir "$work/fifos" -- c1 echo words)"
  [[ ! $(ls -A "$work/fifos") ]]
}

case_log_in_a_file() {
  start_with --log-uri "file://$work/logged" -- c1 sh -c 'echo words; echo errors >&2; sleep 1000'
  until_true 20 grep -q errors "$work/logged"
  equal $'errors\nwords' "$(sort "$work/logged")"
  execute e1 --detach --log-uri "file://$work/logged-exec" c1 echo exec
  until_true 20 grep -qx exec "$work/logged-exec"
  kill_task -s SIGKILL c1
  remove c1
}

case_no_streams() {
  equal '' "$(run --null-io -- c1 echo words)"
  start_with --null-io -- c1 sh -c 'seq 100000; sleep 1000'
  equal out "$(execute e1 c1 echo out)"
  kill_task -s SIGKILL c1
  remove c1
}

case_capabilities_and_filter() {
  run --cap-add CAP_NET_ADMIN -- c1 ip link set lo mtu 1000
  run --cap-drop CAP_CHOWN -- c1 sh -c '! chown 1 /etc 2>/dev/null'
  run -- c1 grep -q 'NoNewPrivs:.1' /proc/self/status
  run --allow-new-privs -- c1 grep -q 'NoNewPrivs:.0' /proc/self/status
  run -- c1 grep -q 'Seccomp:.0' /proc/self/status
  run --seccomp -- c1 grep -q 'Seccomp:.2' /proc/self/status
  echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}' > "$work/seccomp.json"
  run --seccomp --seccomp-profile "$work/seccomp.json" -- c1 sh -c 'touch /made && ! mkdir /directory 2>/dev/null'
}

case_devices() {
  equal 4 "$(run --device /dev/zero -- c1 sh -c 'head -c 4 /dev/zero | wc -c')"
  run --privileged -- c1 sh -c 'mkdir /m && mount -t tmpfs none /m && touch /m/file'
}

case_read_only_root() { equal no "$(run --read-only -- c1 sh -c 'touch /file 2>/dev/null || echo no')"; }

case_propagation_of_the_root() {
  run --rootfs-propagation rslave -- c1 true
  run --rootfs-propagation private -- c1 true
}

case_limits_of_all_kinds() {
  # limit FILE-OF-VERSION-2 FILE-OF-VERSION-1
  limit() { execute "l$RANDOM" c1 sh -c "cat /sys/fs/cgroup/$1 2>/dev/null || cat /sys/fs/cgroup/$2"; }
  start_with --cpus 0.5 --memory-limit 67108864 --mount type=cgroup,src=cgroup,dst=/sys/fs/cgroup,options=ro -- c1 sleep 1000
  equal 67108864 "$(limit memory.max memory/memory.limit_in_bytes)"
  limit cpu.max cpu/cpu.cfs_quota_us | found '^50000'
  timeout 20 "${CTR[@]}" tasks metrics --format json c1 | found '"'
  kill_task -s SIGKILL c1
  remove c1
}

case_control_group_of_the_users() {
  local group=/saya-test-$$/c1
  start_with --cgroup "$group" -- c1 sleep 1000
  find /sys/fs/cgroup -type d -path "*$group*" | found "$group"
  kill_task -s SIGKILL c1
  remove c1
  find /sys/fs/cgroup -depth -type d -path "*/saya-test-$$*" -exec rmdir {} + 2>/dev/null || true
}

case_created_then_started() {
  timeout 60 "${CTR[@]}" containers create --runtime "$runtime" "$image" c1 ls /none /bin/sh # which takes -c for its own
  local status=0
  timeout 60 "${CTR[@]}" tasks start c1 > "$work/out" 2>/dev/null || status=$?
  equal 1 "$status"
  equal /bin/sh "$(< "$work/out")"
  # Its task has gone with its end; another may begin.
  "${CTR[@]}" tasks delete c1 2>/dev/null || true
  status=0
  timeout 60 "${CTR[@]}" tasks start c1 > "$work/out" 2>/dev/null || status=$?
  equal 1 "$status"
  "${CTR[@]}" tasks delete c1 2>/dev/null || true
  "${CTR[@]}" containers delete c1
}

case_attached() {
  start c1 sh -c 'trap "echo last; exit 5" TERM; while :; do sleep 0.1; done'
  until_true 20 execute ready c1 sh -c 'grep -q "SigCgt:.*[4567cdef][0-9a-f]\{3\}$" /proc/1/status'
  local status=0
  timeout 30 "${CTR[@]}" tasks attach c1 > "$work/out" 2>/dev/null & local client=$!
  sleep 1 # nothing tells when a client is attached
  kill_task -s SIGTERM c1
  wait "$client" || status=$?
  equal 5 "$status"
  "${CTR[@]}" containers delete c1 # the client has deleted its task
}

case_signals_to_all_and_to_an_exec() {
  start c1 sh -c 'while :; do sleep 0.1; done'
  execute e1 --detach c1 sleep 1000
  until_true 10 execute look c1 pidof sleep
  kill_task -s SIGKILL --exec-id e1 c1
  until_true 10 gone_in_it 'sleep 1000'
  status_is c1 RUNNING
  kill_task -s SIGKILL --all c1
  remove c1
}
gone_in_it() { ! execute "look$RANDOM" c1 ps | grep -v grep | found -F "$1"; }

case_no_checkpoint_and_it_runs_on() {
  start c1 sleep 1000
  if timeout 30 "${CTR[@]}" tasks checkpoint c1 > "$work/out" 2>&1; then cat "$work/out"; return 1; fi
  status_is c1 RUNNING
  equal here "$(execute e1 c1 echo here)"
  kill_task -s SIGKILL c1
  remove c1
}

case_exec_while_paused() {
  start c1 sleep 1000
  timeout 20 "${CTR[@]}" tasks pause c1
  if execute e1 c1 true > "$work/out" 2>&1; then return 1; fi
  cat "$work/out"
  grep -qi paused "$work/out"
  timeout 20 "${CTR[@]}" tasks resume c1
  equal here "$(execute e2 c1 echo here)"
  kill_task -s SIGKILL c1
  remove c1
}

case_a_root_of_the_users() {
  mkdir -p "$work/root-of-mine"/{bin,dev,proc,sys,run,etc}
  cp "$(command -v busybox)" "$work/root-of-mine/bin/sh"
  equal words "$(timeout 60 "${CTR[@]}" run --rm --runtime "$runtime" --rootfs "$work/root-of-mine" c1 /bin/sh -c 'echo words; echo kept > /kept')"
  equal kept "$(< "$work/root-of-mine/kept")"
}
