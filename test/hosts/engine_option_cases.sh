# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# Options of run, exec and logs that change what a process may do or what is told of it. For both command lines, as engine_cases.sh.

case_logs_of_a_part() {
  local since
  start --name c1 "$image" sh -c 'for i in $(seq 100); do echo "$i"; done; sleep 1000'
  until_true 20 said c1 100
  equal $'99\n100' "$(engine logs --tail 2 c1)"
  engine logs --timestamps --tail 1 c1 | found -E '^20[0-9]{2}-[0-9-]+T[0-9:.]+Z 100$'
  sleep 1.1
  since=$(date +%s)
  engine exec c1 sh -c 'echo later > /proc/1/fd/1'
  until_true 20 said c1 later
  equal later "$(engine logs --since "$since" c1)"
}
case_logs_that_are_followed_until_it_is_stopped() {
  local follower
  start --name c1 "$image" sh -c "$patient"
  until_true 20 said c1 ready
  engine logs --follow c1 > "$work/followed" & follower=$!
  engine exec c1 sh -c 'echo more > /proc/1/fd/1'
  until_true 20 grep -q more "$work/followed"
  engine stop --time 2 c1
  wait "$follower"
  equal $'ready\nmore' "$(< "$work/followed")"
}
case_logs_of_two_lives() {
  start --name c1 "$image" sh -c "echo begun; $patient"
  until_true 20 said c1 ready
  engine restart --time 2 c1
  until_true 20 has_lines 4
  equal $'begun\nready\nbegun\nready' "$(engine logs c1)"
}
has_lines() { [[ $(engine logs c1 | wc -l) == "$1" ]]; }
case_wait_for_several() {
  start --name c1 "$image" sh -c 'sleep 2; exit 3'
  start --name c2 "$image" sh -c 'sleep 1; exit 4'
  start --name c3 "$image" sh -c 'exit 5'
  equal $'3\n4\n5' "$(engine wait c1 c2 c3)"
}
case_shares_of_the_processor() {
  start --name c1 --cpu-shares 512 "$image" sh -c "$patient"
  [[ $(limit cpu.weight cpu/cpu.shares) == @(20|59|512) ]] # two ways to translate it
}
case_quota_and_period() {
  start --name c1 --cpu-period 50000 --cpu-quota 20000 "$image" sh -c "$patient"
  [[ $(engine exec c1 sh -c 'cat /sys/fs/cgroup/cpu.max 2>/dev/null || cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us' | tr '\n' ' ') == '20000 50000 ' ]]
}
case_memory_without_a_limit_of_swap() {
  start --name c1 --memory 64m --memory-swap -1 "$image" sh -c "$patient"
  equal 67108864 "$(limit memory.max memory/memory.limit_in_bytes)"
}
case_memory_that_is_reserved() {
  start --name c1 --memory 128m --memory-reservation 64m "$image" sh -c "$patient"
  equal 67108864 "$(limit memory.low memory/memory.soft_limit_in_bytes)"
}
case_nodes_of_memory_by_number() { once --cpuset-mems 0 "$image" grep -x 'Mems_allowed_list:.0' /proc/self/status; }
case_without_a_limit_of_processes() { once --pids-limit -1 "$image" true; }
case_without_a_killer_of_what_lacks_memory() { once --memory 64m --oom-kill-disable "$image" true; }
case_weight_of_the_disk() { once --blkio-weight 300 "$image" true; }
case_devices_by_a_rule() {
  once --device-cgroup-rule 'c 10:200 rwm' --cap-add NET_ADMIN "$image" sh -c 'mkdir -p /dev/net; mknod /dev/net/tun c 10 200; tunctl -t tun8'
}
case_id_in_a_file() {
  rm -f "$work/cid"
  start --name c1 --cidfile "$work/cid" "$image" sh -c "$patient"
  equal "$(field c1 '{{.Id}}')" "$(< "$work/cid")"
}
# None above the host's, which takes a right that a builder's root may lack.
case_all_limits_of_a_process() {
  once --ulimit memlock=65536:65536 --ulimit nproc=99:199 --ulimit stack=1048576 --ulimit fsize=1000000 --ulimit rttime=500000 "$image" \
    cat /proc/self/limits > "$work/said"
  grep -q 'Max locked memory  *65536  *65536' "$work/said" && grep -q 'Max processes  *99  *199' "$work/said" &&
    grep -q 'Max stack size  *1048576' "$work/said" && grep -q 'Max file size  *1000000' "$work/said" &&
    grep -q 'Max realtime timeout  *500000' "$work/said" || { cat "$work/said"; return 1; }
}
case_environment_of_the_client_and_of_an_exec() {
  MINE=mine start --name c1 --env MINE --env B=b "$image" sh -c "$patient"
  equal 'mine b' "$(engine exec c1 sh -c 'echo "$MINE $B"')"
  equal 'mine other' "$(engine exec --env B=other c1 sh -c 'echo "$MINE $B"')"
  equal /root "$(once "$image" sh -c 'cd; pwd' | sed 's|^/$|/root|')"
  engine exec -t c1 sh -c 'echo "$TERM"' | found xterm
}
case_files_of_the_name_service_that_were_edited() {
  start --name c1 "$image" sh -c "$patient"
  engine exec c1 sh -c 'echo "192.0.2.55 edited" >> /etc/hosts; echo "# mine" >> /etc/resolv.conf; echo other > /etc/hostname'
  engine exec c1 grep edited /etc/hosts
  engine exec c1 grep mine /etc/resolv.conf
  equal other "$(engine exec c1 cat /etc/hostname)"
}
case_orphans_are_reaped() {
  start --name c1 --init "$image" sh -c "$patient"
  engine exec c1 sh -c '(sleep 0.2 &); (sleep 0.1 &)'
  sleep 0.5 # they have ended
  until_true 10 engine exec c1 sh -c '! grep -q "^State:.*Z" /proc/[0-9]*/status 2>/dev/null'
}
case_time_is_the_hosts() {
  local before inside
  before=$(date +%s)
  inside=$(once "$image" date +%s)
  (( inside >= before && inside <= $(date +%s) ))
}
case_stop_by_a_signal_that_kills() {
  start --name c1 --stop-signal KILL "$image" sh -c "$patient"
  engine stop c1
  equal 137 "$(field c1 '{{.State.ExitCode}}')"
}
# And core, a link to /proc/kcore, where the kernel has that.
case_devices_are_those_of_a_container() {
  equal "$(printf '%s\n' console fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero)" "$(once -t "$image" ls -1 /dev | tr -d '\r' | grep -vx core)"
}
case_pids_begin_at_one() { equal 1 "$(once "$image" sh -c 'echo $$')"; }
case_long_name_and_many_labels() {
  local i options=()
  for i in {1..200}; do options+=(--label "label.number.$i=$(printf '%0200d' "$i")"); done
  start --name "c$(printf '%060d' 1)" "${options[@]}" "$image" sh -c "$patient"
  engine exec "c$(printf '%060d' 1)" true
}
case_annotation() {
  start --name c1 --annotation org.example.mine=yes "$image" sh -c "$patient"
  engine exec c1 true
}
case_group_by_name() {
  once --group-add 4 --user 1000 "$image" id -G | found -x '0 4'
}
case_input_that_stays_open() {
  start --name c1 -i "$image" cat
  sleep 1
  has_status c1 running
  engine kill c1
}
case_last_words_of_forty() {
  local i
  start --name c1 "$image" sh -c "$patient"
  for i in {1..40}; do equal "word $i" "$(engine exec c1 sh -c "printf 'word $i'")"; done
}
