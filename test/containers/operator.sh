# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared with run.sh
# What an operator's command sees of a living sandbox, and what it leaves alone. Sourced by run.sh.
vm_cases="$vm_cases command_sees_a_sandbox command_stays_out_of_the_daemon shell_in_the_guest"

saya() { timeout 60 "$product/bin/saya" "$@"; }

case_command_sees_a_sandbox() {
  start c1 sleep 1000
  # The daemon opens its socket beside the answer to the first request.
  until_true 10 saya log-level c1
  saya list | found -E "^c1 +$namespace +running +1 +$(pid_of daemon c1) +$(pid_of qemu c1) "
  saya ps c1 > "$work/ps"
  grep -qE '^c1 +running' "$work/ps"
  grep -qE '^[0-9]+ +virtiofsd ' "$work/ps"
  grep -qE '^kernel +[0-9]+' "$work/ps"
  saya logs c1 > "$work/logs"
  grep -qE ' shim +info +msg="sandbox is up".* kernel_ms=' "$work/logs"
  grep -qE ' agent +info ' "$work/logs"
  # The containerd of these tests logs debug, so its shims do.
  equal debug "$(saya log-level c1)"
  saya log-level c1 warn >/dev/null
  equal warn "$(saya log-level c1)"
  saya collect | found '^## Log of c1'
  local status=0
  saya exec c1 < /dev/null > "$work/exec" 2>&1 || status=$?
  equal 1 "$status"
  grep -q debug_console_enabled "$work/exec"
  kill_task -s SIGKILL c1
  remove c1
  status=0
  saya ps c1 > "$work/ps" 2>&1 || status=$?
  equal 3 "$status"
}

case_command_stays_out_of_the_daemon() {
  start c1 sleep 1000
  local daemon
  daemon=$(pid_of daemon c1)
  if grep -aE 'lib/cli|picocli' "/proc/$daemon/cmdline" "/proc/$daemon/maps"; then return 1; fi
  if find "/proc/$daemon/fd" -lname '*/lib/cli/*' | grep .; then return 1; fi
  kill_task -s SIGKILL c1
  remove c1
}

case_shell_in_the_guest() {
  timeout 90 "${CTR[@]}" run -d --runtime "$runtime" --runtime-config-path "$(with_configuration '[agent.kata]' 'debug_console_enabled = true')" \
    "$image" c1 sleep 1000
  until_true 10 saya log-level c1
  # shellcheck disable=SC2016 # the guest's shell is to compute it
  printf 'echo answer-$((6 * 7))\n' | saya exec c1 > "$work/out" 2>/dev/null
  grep -q answer-42 "$work/out"
  kill_task -s SIGKILL c1
  remove c1
}
