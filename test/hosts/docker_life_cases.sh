# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# A container's life under Docker beyond the usual. As engine_cases.sh.

counting='i=0; while :; do echo "$i"; i=$((i + 1)); sleep 0.2; done'
lines_of() { engine logs "$1" | wc -l; }
has_more_lines() { (( $(lines_of "$1") > $2 )); }

case_stop_while_paused() {
  start --name c1 "$image" sh -c "$patient"
  until_true 20 said c1 ready
  engine pause c1
  engine stop --time 3 c1
  has_status c1 exited
}
case_kill_while_paused() {
  start --name c1 "$image" sh -c "$patient"
  engine pause c1
  engine kill c1
  until_true 20 has_status c1 exited
}
case_removed_while_paused() {
  start --name c1 "$image" sh -c "$patient"
  engine pause c1
  engine rm --force c1
  [[ ! $(engine ps --all --quiet) ]]
}
case_exec_while_paused() {
  start --name c1 "$image" sh -c "$patient"
  engine pause c1
  status_of 1 engine exec c1 true
  grep -q paused "$work/said"
}
case_stopped_and_continued_by_signals() {
  local lines
  start --name c1 "$image" sh -c "$counting"
  until_true 20 said c1 3
  engine kill --signal STOP c1
  sleep 0.5 # what was on its way
  lines=$(lines_of c1)
  sleep 1
  equal "$lines" "$(lines_of c1)"
  engine kill --signal CONT c1
  until_true 20 has_more_lines c1 "$lines"
}
case_time_to_stop() {
  start --name c1 --stop-timeout 1 "$image" sh -c 'trap "" TERM; echo ready; while :; do sleep 1; done'
  until_true 20 said c1 ready
  engine stop c1
  equal 137 "$(field c1 '{{.State.ExitCode}}')"
}
case_restarted_until_stopped() {
  start --name c1 --restart always "$image" sh -c 'sleep 0.3; exit 0'
  until_true 60 restarted 2
  engine stop c1
  has_status c1 exited
}
case_restart_policy_of_what_runs() {
  start --name c1 "$image" sh -c 'sleep 4; exit 2'
  engine update --restart on-failure:1 c1
  until_true 60 restarted 1
}
case_log_of_another_driver() {
  start --name c1 --log-driver local "$image" seq 20000
  engine wait c1
  cmp <(seq 20000) <(engine logs c1)
}
case_no_log() {
  start --name c1 --log-driver none "$image" sh -c 'seq 1000; exit 3'
  equal 3 "$(engine wait c1)"
}
# Who brings the input may leave when it ends, before the last words are there.
case_two_who_are_attached() {
  local other
  start --name c1 -i "$image" sh -c 'read -r l; echo "got $l"; read -r l; echo "then $l"'
  engine attach --no-stdin c1 > "$work/other" & other=$!
  sleep 1 # nothing tells when a client is attached
  { echo a; sleep 0.5; echo b; } | engine attach c1 | found -x 'got a'
  wait "$other"
  equal $'got a\nthen b' "$(< "$work/other")"
}
case_input_of_an_exec() {
  start --name c1 "$image" sh -c "$patient"
  head -c 20000000 /dev/urandom > "$work/random"
  cmp "$work/random" <(engine exec -i c1 cat < "$work/random")
}
case_filter_of_the_users() {
  echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}' > "$work/seccomp.json"
  status_of 1 once --security-opt "seccomp=$work/seccomp.json" "$image" mkdir /made
  once --security-opt "seccomp=$work/seccomp.json" "$image" touch /made
}
case_paths_of_the_system() {
  once "$image" grep -q ' /proc/keys ' /proc/mounts
  status_of 1 once --security-opt systempaths=unconfined "$image" grep ' /proc/keys ' /proc/mounts
}
case_limits_of_the_processor_while_it_runs() {
  start --name c1 --cpus 0.5 "$image" sh -c "$patient"
  engine update --cpus 0.25 --pids-limit 77 c1
  limit cpu.max cpu/cpu.cfs_quota_us | found '^25000'
  equal 77 "$(limit pids.max pids/pids.max)"
}
case_health_that_takes_too_long() {
  start --name c1 --health-cmd 'sleep 100' --health-interval 1s --health-timeout 1s --health-retries 1 "$image" sh -c "$patient"
  until_true 30 health_is unhealthy
  engine stop c1
}
case_pruned() {
  start --name c1 "$image" sh -c "$patient"
  run --name c2 "$image" true
  engine system prune --force --volumes
  equal 1 "$(engine ps --all --quiet | wc -l)"
  engine exec c1 true
}
case_no_checkpoint() {
  start --name c1 "$image" sh -c "$patient"
  status_of 1 engine checkpoint create c1 point
  engine exec c1 true
}
case_built() {
  local status=0
  mkdir -p "$work/build"
  printf 'FROM %s\nRUN echo made > /made && mkdir /d\nWORKDIR /d\nCOPY file .\nUSER 1000\nCMD ["sh", "-c", "cat /made file; id -u"]\n' "$image" > "$work/build/Dockerfile"
  echo copied > "$work/build/file"
  # What is run for a Dockerfile is run by the default one.
  sed -i "s/\"live-restore\"/\"default-runtime\": \"$runtime\", &/" "$work/daemon.json"
  kill -HUP "$(< "$work/docker.pid")"
  until_true 10 default_is "$runtime"
  DOCKER_BUILDKIT=0 engine build --tag saya.local/built "$work/build" || status=$?
  sed -i 's/"default-runtime": "[a-z]*", //' "$work/daemon.json"
  kill -HUP "$(< "$work/docker.pid")"
  equal 0 "$status"
  equal $'made\ncopied\n1000' "$(once saya.local/built)"
}
default_is() { [[ $(engine info --format '{{.DefaultRuntime}}') == "$1" ]]; }
case_ended_while_their_daemon_was_away() {
  start --name c1 "$image" sh -c 'sleep 6; exit 9'
  dockerd_end KILL
  sleep 8
  dockerd_start
  until_true 20 has_status c1 exited
  equal 9 "$(field c1 '{{.State.ExitCode}}')"
}
case_network_outlives_their_daemon() {
  engine network create cn > /dev/null
  start --name ca --network cn --publish 8080:80 "$image" sh -c "$serve"
  until_true 30 answers "$outside" 8080 served
  dockerd_end TERM
  dockerd_start
  has_status ca running
  until_true 30 answers "$outside" 8080 served
  once --network cn "$image" ping -c 1 -W 20 ca
}
# Last by its name: the shell that goes on does not know the containerd that this one starts.
case_without_containerd_for_a_moment() {
  start --name c1 "$image" sh -c "$counting"
  until_true 20 said c1 1
  kill -KILL "$CONTAINERD_PID"
  containerd_start "$work" "$product/bin:$PATH"
  until_true 60 engine exec c1 true
  until_true 20 has_more_lines c1 "$(lines_of c1)"
  engine stop --time 1 c1
  has_status c1 exited
}
