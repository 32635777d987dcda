# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# Clients and streams that come, go, flood and wait. For both command lines, as engine_cases.sh.

# Neither what was not read nor who brings it keeps the end of a process from being seen.
case_input_that_nobody_reads() {
  status_of 0 once -i "$image" true < <(yes)
  start --name c1 "$image" sh -c "$patient"
  status_of 0 engine exec -i c1 true < <(yes)
  status_of 3 engine exec -i c1 sh -c 'head -c 10 > /dev/null; exit 3' < <(yes)
}
case_output_that_nobody_reads() {
  start --name c1 "$image" sh -c "$patient"
  (set +o pipefail; engine exec c1 yes | head -n 1 | found -x y)
  engine exec c1 true
  engine stop --time 1 c1
  has_status c1 exited
}
case_flood_that_is_stopped() {
  start --name c1 "$image" yes
  until_true 20 said c1 y
  engine exec c1 true
  engine stop --time 1 c1
  has_status c1 exited
}
case_end_of_input() {
  equal $'words\nend' "$(printf 'words\n' | once -i "$image" sh -c 'cat; echo end')"
  start --name c1 "$image" sh -c "$patient"
  equal 0 "$(engine exec -i c1 wc -c < /dev/null)"
}
# The client hands on what it is told.
case_signal_by_the_client() {
  local client_pid status=0
  "${client[@]}" run --rm --runtime "$runtime" "$image" sh -c 'trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done' > "$work/out" & client_pid=$!
  until_true 30 grep -q ready "$work/out"
  kill -TERM "$client_pid"
  wait "$client_pid" || status=$?
  equal 9 "$status"
}
case_client_that_is_killed() {
  local client_pid
  "${client[@]}" run --name c1 --runtime "$runtime" "$image" sh -c "$patient" > "$work/out" & client_pid=$!
  until_true 30 grep -q ready "$work/out"
  kill -KILL "$client_pid"
  wait "$client_pid" || true
  engine exec c1 true
  engine stop --time 1 c1
}
case_client_of_an_exec_that_is_killed() {
  local client_pid
  start --name c1 "$image" sh -c "$patient"
  "${client[@]}" exec -i c1 sh -c 'echo begun; exec sleep 7777' > "$work/out" & client_pid=$!
  until_true 30 grep -q begun "$work/out"
  kill -KILL "$client_pid"
  wait "$client_pid" || true
  engine exec c1 pidof sleep > /dev/null
  engine stop --time 1 c1
  has_status c1 exited
}
case_exec_whose_container_ends() {
  local client_pid status=0
  start --name c1 "$image" sh -c "$patient"
  engine exec c1 sh -c 'echo begun; exec sleep 7777' > "$work/out" & client_pid=$!
  until_true 30 grep -q begun "$work/out"
  engine kill c1
  wait "$client_pid" || status=$?
  equal 137 "$status"
}
case_twenty_execs_at_once() {
  local i jobs=()
  start --name c1 "$image" sh -c "$patient"
  for i in {1..20}; do (seq "$i" 20000 | engine exec -i c1 cat | cmp - <(seq "$i" 20000)) & jobs+=("$!"); done
  for i in "${jobs[@]}"; do wait "$i"; done
}
case_detached_and_attached_again() {
  python3 -B "$top/test/hosts/detach.py" "$runtime" "$image" "${client[@]}"
}
case_signals_by_number() {
  start --name c1 --stop-signal RTMIN+3 "$image" sh -c 'trap "echo got it" 40; trap "exit 9" 37; echo ready; while :; do sleep 0.1; done'
  until_true 20 said c1 ready
  engine kill --signal 40 c1
  until_true 10 said c1 'got it'
  engine stop c1
  equal 9 "$(field c1 '{{.State.ExitCode}}')"
}
# Who dies of a signal has 128 and its number, here as there.
case_end_by_a_signal() {
  status_of 139 once "$image" sh -c 'sh -c "kill -SEGV \$\$"; exit $?'
  start --name c1 --init "$image" sleep 1000
  engine kill --signal HUP c1
  equal 129 "$(engine wait c1)"
}
case_stopped_at_once() {
  local name
  for name in c1 c2 c3; do start --name "$name" "$image" sh -c "$patient"; done
  engine stop --time 2 c1 c2 c3
  for name in c1 c2 c3; do has_status "$name" exited; done
}
case_three_restarts_in_a_row() {
  start --name c1 "$image" sh -c "$patient"
  engine restart --time 1 c1
  engine restart --time 1 c1
  engine restart --time 1 c1
  engine exec c1 true
  engine stop --time 1 c1
  engine start c1
  engine exec c1 true
}
