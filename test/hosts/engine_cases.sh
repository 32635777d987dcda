# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# What users do with the command line that Docker and nerdctl share. Each case runs in a shell of its own under set -e, with the names of what it
# makes beginning with c; what is left of it is removed afterwards. Sourced; needs client (an array), runtime, image, work, gateway.

# A client that waits for a container hands SIGTERM on to that.
engine() { timeout --foreground --kill-after 10 120 "${client[@]}" "$@"; }
run() { engine run --runtime "$runtime" "$@"; }
# once OPTIONS...: a container that goes when it has ended.
once() { run --rm "$@"; }
start() { run --detach "$@" > /dev/null; }
field() { engine inspect --format "$2" "$1"; }

equal() { [[ $1 == "$2" ]] || { printf 'expected: %s\nfound:    %s\n' "$1" "$2"; return 1; }; }
# status_of STATUS COMMAND...: runs it and expects that status; its words are in the file "said".
status_of() {
  local wanted=$1 found=0
  shift
  "$@" > "$work/said" 2>&1 || found=$?
  equal "$wanted" "$found" || { cat "$work/said"; return 1; }
}
until_true() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do (( SECONDS < deadline )) || { echo "not true in time: $*"; return 1; }; sleep 0.1; done
}
has_status() { [[ $(field "$1" '{{.State.Status}}') == "$2" ]]; }
said() { engine logs "$1" 2>&1 | found -F -- "$2"; }
# answers ADDRESS PORT TEXT: what a server of HTTP there says last. Not by busybox: its static wget does not live through looking at a host's names.
answers() {
  [[ $(timeout 5 bash -c 'exec 3<>"/dev/tcp/$1/$2" && printf "GET / HTTP/1.0\r\n\r\n" >&3 && cat <&3' - "$1" "$2" 2>/dev/null | tail -n 1) == "$3" ]]
}
address_of() { field "$1" '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'; }
# Ends at once by SIGTERM, which is lost on a shell that has not come as far as that.
patient='trap "exit 0" TERM; echo ready; while :; do sleep 0.1; done'

# ---- a container's life
case_output_and_exit_code() {
  local status=0
  once "$image" sh -c 'echo out; echo err >&2; exit 7' > "$work/out" 2> "$work/err" || status=$?
  equal 7 "$status"
  equal out "$(< "$work/out")"
  equal err "$(< "$work/err")"
}
case_input() {
  head -c 5000000 /dev/urandom > "$work/random"
  equal "$(sha256sum < "$work/random")" "$(once -i "$image" sha256sum < "$work/random")"
}
case_a_million_lines() { cmp <(seq 1000000) <(once "$image" seq 1000000); }
case_terminal() { python3 -B "$top/test/containers/terminal.py" "${client[@]}" run --rm -it --runtime "$runtime" "$image" sh; }
case_detached_logs_and_wait() {
  start --name c1 "$image" sh -c 'echo first; sleep 1; echo last; exit 5'
  equal 5 "$(engine wait c1)"
  equal $'first\nlast' "$(engine logs c1)"
  equal 5 "$(field c1 '{{.State.ExitCode}}')"
}
case_logs_that_are_followed() {
  start --name c1 "$image" sh -c 'for i in 1 2 3; do echo "$i"; sleep 0.5; done'
  equal $'1\n2\n3' "$(engine logs --follow c1)"
}
case_attach() {
  start --name c1 -i "$image" sh -c 'read -r line; echo "got $line"; exit 4'
  echo words | status_of 4 engine attach c1
  until_true 10 said c1 'got words'
}
case_created_then_started() {
  engine create --runtime "$runtime" --name c1 "$image" sh -c 'exit 6' > /dev/null
  has_status c1 created
  engine start c1 > /dev/null
  equal 6 "$(engine wait c1)"
  status_of 6 engine start --attach c1 # once more
}
case_stop() {
  start --name c1 "$image" sh -c "$patient"
  until_true 20 said c1 ready
  engine stop c1
  has_status c1 exited
  equal 0 "$(field c1 '{{.State.ExitCode}}')"
}
case_stop_of_what_ignores_it() {
  start --name c1 "$image" sh -c 'trap "" TERM; echo ready; while :; do sleep 1; done'
  until_true 20 said c1 ready
  engine stop --time 2 c1
  has_status c1 exited
  equal 137 "$(field c1 '{{.State.ExitCode}}')"
}
# The first process of a container has no signals but those that it asks for, here as there.
case_stop_of_what_knows_no_signal() {
  start --name c1 "$image" sleep 1000
  engine stop --time 2 c1
  equal 137 "$(field c1 '{{.State.ExitCode}}')"
}
case_stop_by_another_signal() {
  start --name c1 --stop-signal USR1 "$image" sh -c 'trap "exit 9" USR1; echo ready; while :; do sleep 0.1; done'
  until_true 20 said c1 ready
  engine stop c1
  equal 9 "$(field c1 '{{.State.ExitCode}}')"
}
case_kill() {
  start --name c1 "$image" sleep 1000
  engine kill c1
  until_true 10 has_status c1 exited
  equal 137 "$(field c1 '{{.State.ExitCode}}')"
}
case_kill_with_another_signal() {
  start --name c1 "$image" sh -c 'trap "echo got it" USR1; echo ready; while :; do sleep 0.1; done'
  until_true 20 said c1 ready
  engine kill --signal USR1 c1
  until_true 10 said c1 'got it'
  has_status c1 running
}
case_restart() {
  start --name c1 "$image" sh -c "echo begun; [ ! -e /kept ] || echo kept; touch /kept; $patient"
  until_true 20 said c1 begun
  engine restart c1
  until_true 20 said c1 kept
  has_status c1 running
}
case_removed_by_force() {
  start --name c1 "$image" sleep 1000
  engine rm --force c1
  [[ ! $(engine ps --all --quiet) ]]
}
case_pause() {
  start --name c1 "$image" sh -c 'while :; do echo x; sleep 0.1; done'
  engine pause c1
  has_status c1 paused
  sleep 0.5 # what was on its way
  local lines
  lines=$(engine logs c1 | wc -l)
  sleep 1
  equal "$lines" "$(engine logs c1 | wc -l)"
  engine unpause c1
  has_status c1 running
  engine exec c1 true
}
case_ten_at_once() {
  local i jobs=()
  for i in {1..10}; do once --name "c$i" "$image" echo "$i" > "$work/at-once-$i" & jobs+=("$!"); done
  for i in "${jobs[@]}"; do wait "$i"; done
  for i in {1..10}; do equal "$i" "$(< "$work/at-once-$i")"; done
}

# ---- starts that fail
case_missing_program() { status_of 127 once "$image" /no/such/program; grep -q 'no such file or directory' "$work/said"; }
case_missing_program_in_the_path() { status_of 127 once "$image" no-such-program; grep -q 'executable file not found' "$work/said"; }
case_program_that_cannot_be_executed() { status_of 126 once "$image" /etc/passwd; grep -q 'permission denied' "$work/said"; }
case_directory_as_a_program() { status_of 126 once "$image" /bin; }

# ---- exec
case_exec() {
  start --name c1 "$image" sh -c "$patient"
  equal out "$(engine exec c1 echo out)"
  status_of 3 engine exec c1 sh -c 'exit 3'
  status_of 127 engine exec c1 no-such-program
  status_of 126 engine exec c1 /etc/passwd
  equal words "$(echo words | engine exec -i c1 cat)"
  equal 'b /tmp 1000' "$(engine exec --env A=b --workdir /tmp --user 1000 c1 sh -c 'echo "$A $(pwd) $(id -u)"')"
  engine exec --detach c1 touch /tmp/made
  until_true 10 engine exec c1 test -e /tmp/made
}
case_exec_with_a_terminal() {
  start --name c1 "$image" sh -c "$patient"
  python3 -B "$top/test/containers/terminal.py" "${client[@]}" exec -it c1 sh
}

# ---- what a process finds
case_environment() {
  echo FROM_FILE=f > "$work/environment"
  equal 'a f' "$(once --env A=a --env-file "$work/environment" "$image" sh -c 'echo "$A $FROM_FILE"')"
}
case_work_directory() { equal /not/there/yet "$(once --workdir /not/there/yet "$image" pwd)"; }
case_user() { equal '1000 1001 1001 2000' "$(once --user 1000:1001 --group-add 2000 "$image" sh -c 'echo "$(id -u) $(id -g) $(id -G)"')"; }
case_entry_point() { equal 'echo no' "$(once --entrypoint echo "$image" echo no)"; }
case_host_name() { equal 'named named' "$(once --hostname named "$image" sh -c 'echo "$(hostname) $(cat /etc/hostname)"')"; }
case_host_name_by_default() {
  start --name c1 "$image" sleep 1000
  equal "$(field c1 '{{.Id}}' | cut -c1-12)" "$(engine exec c1 hostname)"
}
case_init() {
  start --name c1 --init "$image" sh -c "$patient"
  engine exec c1 sh -c 'tr "\0" " " < /proc/1/cmdline' | found -E 'init|tini'
  engine stop c1
  has_status c1 exited
}
case_capabilities() {
  once --cap-drop ALL "$image" grep CapEff /proc/self/status | found '0000000000000000$'
  once --cap-add NET_ADMIN "$image" ip link set lo mtu 1000
  if once "$image" ip link set lo mtu 1000; then return 1; fi
}
case_privileged() { once --privileged "$image" sh -c 'mkdir /m && mount -t tmpfs none /m && touch /m/file'; }
case_no_new_privileges() { once --security-opt no-new-privileges "$image" grep -q 'NoNewPrivs:.1' /proc/self/status; }
case_seccomp() {
  once "$image" grep -q 'Seccomp:.2' /proc/self/status
  once --security-opt seccomp=unconfined "$image" grep -q 'Seccomp:.0' /proc/self/status
}
case_device() { equal 4 "$(once --device /dev/zero:/dev/nothing "$image" sh -c 'head -c 4 /dev/nothing | wc -c')"; }
case_limits_of_processes() { equal '100 200' "$(once --ulimit nofile=100:200 "$image" sh -c 'echo "$(ulimit -Sn) $(ulimit -Hn)"')"; }
case_sysctl() { equal 1 "$(once --sysctl net.ipv4.ip_forward=1 "$image" cat /proc/sys/net/ipv4/ip_forward)"; }
case_shared_memory() { once --shm-size 16m "$image" df -k /dev/shm | found ' 16384 '; }

# ---- resources
# limit FILE-OF-VERSION-2 FILE-OF-VERSION-1: where a program in the container c1 finds it.
limit() { engine exec c1 sh -c "cat /sys/fs/cgroup/$1 2>/dev/null || cat /sys/fs/cgroup/$2"; }
case_limits() {
  start --name c1 --memory 64m --cpus 0.5 --pids-limit 50 "$image" sh -c "$patient"
  equal 67108864 "$(limit memory.max memory/memory.limit_in_bytes)"
  limit cpu.max cpu/cpu.cfs_quota_us | found '^50000'
  equal 50 "$(limit pids.max pids/pids.max)"
}
case_update_of_limits() {
  start --name c1 --memory 64m --memory-swap 64m "$image" sh -c "$patient"
  engine update --memory 96m --memory-swap 96m c1
  equal 100663296 "$(limit memory.max memory/memory.limit_in_bytes)"
}
case_out_of_memory() {
  status_of 137 run --name c1 --memory 32m --memory-swap 32m "$image" tail /dev/zero
  equal true "$(field c1 '{{.State.OOMKilled}}')"
}
case_figures() {
  start --name c1 --memory 64m "$image" sh -c "$patient"
  engine stats --no-stream --format '{{.MemUsage}} {{.PIDs}}' c1 > "$work/said"
  grep -qE '^[1-9][0-9.]*[KMi]+B / 64MiB [1-9]' "$work/said" || { cat "$work/said"; return 1; }
}
case_processes() {
  start --name c1 "$image" sleep 1000
  engine top c1 | found sleep
}
case_inspect() {
  start --name c1 --label mine=yes "$image" sh -c "$patient"
  (( $(field c1 '{{.State.Pid}}') > 0 ))
  equal 'true yes' "$(field c1 '{{.State.Running}} {{index .Config.Labels "mine"}}')"
}

# ---- files
case_copy() {
  start --name c1 "$image" sh -c "$patient"
  echo words > "$work/file"
  engine cp "$work/file" c1:/tmp/file
  equal words "$(engine exec c1 cat /tmp/file)"
  engine exec c1 sh -c 'echo answer > /tmp/answer'
  engine cp c1:/tmp/answer "$work/answer"
  equal answer "$(< "$work/answer")"
}
case_copy_from_what_has_ended() {
  run --name c1 "$image" sh -c 'echo answer > /answer'
  engine cp c1:/answer "$work/answer"
  equal answer "$(< "$work/answer")"
}
case_difference() {
  start --name c1 "$image" sh -c "touch /made; rm /etc/passwd; $patient"
  until_true 20 engine exec c1 test -e /made
  engine diff c1 > "$work/said"
  grep -qx 'A /made' "$work/said" && grep -qx 'D /etc/passwd' "$work/said" || { cat "$work/said"; return 1; }
}
case_commit() {
  run --name c1 "$image" sh -c 'echo kept > /kept'
  engine commit c1 saya.local/committed:latest
  equal kept "$(once saya.local/committed:latest cat /kept)"
}
case_export() {
  start --name c1 "$image" sh -c "echo kept > /kept; $patient"
  until_true 20 engine exec c1 test -s /kept
  engine export c1 > "$work/export.tar"
  equal kept "$(tar -xOf "$work/export.tar" kept)"
}
case_volume() {
  engine volume create cv > /dev/null
  once --volume cv:/data "$image" sh -c 'echo kept > /data/file'
  equal kept "$(once --volume cv:/data:ro "$image" sh -c 'cat /data/file; ! touch /data/other 2>/dev/null')"
}
case_directory_of_the_host() {
  mkdir -p "$work/bound"
  echo from the host > "$work/bound/file"
  equal 'from the host' "$(once --volume "$work/bound:/bound" "$image" sh -c 'cat /bound/file; echo answer > /bound/answer')"
  equal answer "$(< "$work/bound/answer")"
}
case_tmpfs() { once --tmpfs /t:size=1m,mode=700 "$image" sh -c 'df -k /t | grep -q " 1024 " && touch /t/file'; }
case_read_only_root() { equal 'no' "$(once --read-only --tmpfs /t "$image" sh -c 'touch /t/file; touch /file 2>/dev/null || echo no')"; }

# ---- network
case_network() { once "$image" ping -c 1 -W 20 "$gateway"; }
case_no_network() { equal lo "$(once --network none "$image" ls /sys/class/net)"; }
case_address() {
  start --name c1 "$image" sh -c "$patient"
  engine exec c1 ip -4 addr show dev eth0 | found -F "inet $(address_of c1)/"
}
case_published_port() {
  start --name c1 --publish 8080:80 "$image" sh -c 'mkdir /w; echo served > /w/index.html; exec httpd -f -p 80 -h /w'
  until_true 30 answers "$(address_of c1)" 80 served
  until_true 10 answers "$outside" 8080 served
  until_true 10 answers 127.0.0.1 8080 served
}
case_network_of_its_own() {
  engine network create cn > /dev/null
  start --name ca --network cn "$image" sh -c "$patient"
  once --network cn "$image" ping -c 1 -W 20 "$(address_of ca)"
}
case_names_in_a_network_of_its_own() {
  engine network create cn > /dev/null
  start --name ca --network cn --hostname other "$image" sh -c "$patient"
  once --network cn "$image" ping -c 1 -W 20 ca
}
case_added_host() {
  once --add-host added:192.0.2.9 "$image" cat /etc/hosts | found -E '^192\.0\.2\.9\s+added$'
}
case_own_name_in_hosts() {
  start --name c1 --hostname named "$image" sh -c "$patient"
  engine exec c1 cat /etc/hosts | grep -E "^$(address_of c1)\s+named"
  engine exec c1 ping -c 1 -W 5 named
}
case_name_servers() {
  once --dns 192.0.2.7 --dns-search example.org --dns-option ndots:3 "$image" cat /etc/resolv.conf > "$work/said"
  grep -q '^nameserver 192.0.2.7' "$work/said" && grep -q '^search example.org' "$work/said" && grep -q '^options ndots:3' "$work/said"
}

# ---- what the daemon does by itself
restarted() { (( $(field c1 '{{.RestartCount}}') >= $1 )); }
case_restart_policy() {
  start --name c1 --restart on-failure:2 "$image" sh -c 'exit 3'
  until_true 60 restarted 2
  until_true 30 has_status c1 exited
  equal 3 "$(field c1 '{{.State.ExitCode}}')"
}
