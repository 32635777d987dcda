# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# Options that Docker's command line alone has, and what it does by itself. As engine_cases.sh.

case_control_groups_as_the_hosts() { once --cgroupns host "$image" cat /proc/self/cgroup; }
case_control_groups_of_its_own() { once --cgroupns private "$image" sh -c 'grep -E "^0::/$|:/$" /proc/self/cgroup'; }
case_name_of_the_host() { once --uts host "$image" hostname; }
case_users_of_the_host() { once --userns host "$image" cat /proc/self/uid_map | found -E '^ +0 +0 +4294967295'; }
case_security_of_other_kinds() { once --security-opt label=disable --security-opt apparmor=unconfined "$image" true; }
case_all_ports_that_it_exposes() {
  start --name c1 --expose 80 --publish-all "$image" sh -c "$serve"
  until_true 30 answers "$outside" "$(engine port c1 80/tcp | sed -n '1s/.*://p')" served
}
case_output_alone() { equal out "$(once --attach stdout "$image" sh -c 'echo out; echo err >&2' 2>&1)"; }
case_health_has_time_to_start() {
  start --name c1 --health-cmd 'test -e /tmp/well' --health-interval 1s --health-start-period 60s --health-retries 1 "$image" sh -c "sleep 3; touch /tmp/well; $patient"
  health_is starting
  until_true 30 health_is healthy
}
case_large_files_are_copied() {
  start --name c1 "$image" sh -c "$patient"
  head -c 300000000 /dev/urandom > "$work/large"
  engine cp "$work/large" c1:/large
  equal "$(sha256sum < "$work/large")" "$(engine exec c1 sha256sum /large | sed 's|/large|-|')"
  engine exec c1 sh -c 'cat /large /large > /larger'
  engine cp c1:/larger "$work/larger"
  cmp "$work/larger" <(cat "$work/large" "$work/large")
  rm "$work/large" "$work/larger"
}
case_links_in_a_tree_are_copied() {
  start --name c1 "$image" sh -c 'mkdir -p /t/d; echo words > /t/d/file; ln -s d/file /t/relative; ln -s /t/d/file /t/absolute; ln -s /none /t/dangling; ln /t/d/file /t/hard; mkfifo /t/fifo; echo ready; sleep 1000'
  until_true 20 said c1 ready
  engine cp c1:/t - > "$work/t.tar"
  tar -tvf "$work/t.tar" > "$work/said"
  grep -q 'relative -> d/file' "$work/said" && grep -q 'absolute -> /t/d/file' "$work/said" && grep -q 'dangling -> /none' "$work/said" &&
    grep -q '^prw' "$work/said" && grep -q 'link to t/' "$work/said" || { cat "$work/said"; return 1; }
  engine exec c1 mkdir /u
  engine cp - c1:/u < "$work/t.tar"
  equal words "$(engine exec c1 cat /u/t/relative)"
  equal /none "$(engine exec c1 readlink /u/t/dangling)"
  engine exec c1 test -p /u/t/fifo
}
case_restart_while_paused() {
  start --name c1 "$image" sh -c "$patient"
  engine pause c1
  engine restart --time 2 c1
  has_status c1 running
  engine exec c1 true
}
case_logs_that_are_followed_over_restarts() {
  local follower
  start --name c1 --restart always "$image" sh -c 'echo begun; sleep 1'
  engine logs --follow c1 > "$work/followed" & follower=$!
  until_true 60 restarted 2
  engine stop --time 1 c1
  kill "$follower" || true
  wait "$follower" || true
  (( $(engine logs c1 | grep -c begun) >= 3 ))
}
case_comes_back_with_its_daemon() {
  start --name ca --restart always "$image" sh -c "$patient"
  start --name cb --restart unless-stopped "$image" sh -c "$patient"
  engine stop --time 2 cb
  engine kill ca
  until_true 20 has_status ca exited
  dockerd_end TERM
  dockerd_start
  until_true 60 has_status ca running
  has_status cb exited
  engine exec ca true
}
case_restart_policy_is_taken_away() {
  start --name c1 --restart always "$image" sh -c 'sleep 0.5; exit 1'
  until_true 60 restarted 1
  engine update --restart no c1
  until_true 60 has_status c1 exited
  sleep 2
  has_status c1 exited
}
case_shares_while_it_runs() {
  start --name c1 "$image" sh -c "$patient"
  engine update --cpu-shares 2048 --memory 256m --memory-swap 256m --memory-reservation 100m c1
  [[ $(limit cpu.weight cpu/cpu.shares) == @(79|174|2048) ]]
  equal 268435456 "$(limit memory.max memory/memory.limit_in_bytes)"
  equal 104857600 "$(limit memory.low memory/memory.soft_limit_in_bytes)"
}
case_all_figures() {
  start --name c1 --memory 64m "$image" sh -c "dd if=/dev/zero of=/file bs=1M count=8 2>/dev/null; sync; $patient"
  until_true 30 said c1 ready
  engine stats --no-stream --format '{{.Name}} {{.CPUPerc}} {{.MemPerc}} {{.PIDs}}' c1 > "$work/said"
  grep -E '^c1 [0-9.]+% [0-9.]+% [1-9][0-9]*$' "$work/said" | grep -v ' 0.00% [0-9]*$' || { cat "$work/said"; return 1; }
  run --name c2 "$image" true
  engine stats --no-stream --format '{{.PIDs}}' c2 | found -x 0
}
case_times_of_begin_and_end() {
  local before
  before=$(date +%s)
  run --name c1 "$image" sleep 2
  (( $(date -d "$(field c1 '{{.State.StartedAt}}')" +%s) >= before ))
  (( $(date -d "$(field c1 '{{.State.FinishedAt}}')" +%s) - $(date -d "$(field c1 '{{.State.StartedAt}}')" +%s) >= 2 ))
}
case_volumes_without_a_name_go_along() {
  once --volume /data "$image" sh -c 'echo x > /data/file'
  [[ ! $(engine volume ls --quiet) ]]
}
case_network_of_the_macvlan_kind() {
  engine network create --driver macvlan --opt parent=outside --subnet 198.51.100.0/24 --ip-range 198.51.100.128/25 cn > /dev/null
  start --name ca --network cn "$image" sh -c "$patient"
  once --network cn "$image" ping -c 1 -W 20 "$(address_of ca)"
}
case_network_that_comes_with_ipv6() {
  engine network create --ipv6 --subnet 172.30.7.0/24 --subnet fd00:5a:2::/64 cn > /dev/null
  start --name c1 "$image" sh -c "$patient"
  engine network connect --ip 172.30.7.7 --ip6 fd00:5a:2::77 cn c1
  until_true 20 engine exec c1 sh -c 'ip addr | grep -qF 172.30.7.7/24 && ip addr | grep -qF fd00:5a:2::77/64'
}
case_image_as_a_mount() {
  once --mount "type=image,source=$image,target=/i" "$image" /i/bin/busybox true
}
case_exec_is_inspected() {
  local id
  start --name c1 "$image" sh -c "$patient"
  engine exec --detach c1 sleep 1000
  id=$(field c1 '{{index .ExecIDs 0}}')
  timeout 10 python3 -B - "$work/docker.sock" "$id" <<'PYTHON' > "$work/said"
import http.client, json, socket, sys
client = http.client.HTTPConnection("docker")
client.sock = socket.socket(socket.AF_UNIX)
client.sock.connect(sys.argv[1])
client.request("GET", f"/exec/{sys.argv[2]}/json")
answer = json.load(client.getresponse())
print(answer["Running"], answer["Pid"] > 0)
PYTHON
  equal 'True True' "$(< "$work/said")"
}
case_size_of_a_terminal() {
  timeout 60 python3 -B - "${client[@]}" run --rm -it --name c1 --runtime "$runtime" "$image" sh -c 'while :; do stty size; sleep 0.2; done' <<'PYTHON'
import fcntl, os, pty, select, struct, sys, termios, time
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen, wanted, deadline = b"", [(33, 77), (44, 133)], time.monotonic() + 50
for rows, columns in wanted:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    while f"{rows} {columns}".encode() not in seen:
        if time.monotonic() > deadline or not select.select([terminal], [], [], 1)[0] and time.monotonic() > deadline:
            sys.exit(f"not seen: {rows} {columns}: {seen[-200:]!r}")
        try:
            seen += os.read(terminal, 4096)
        except OSError:
            sys.exit(f"ended: {seen[-200:]!r}")
os.write(terminal, b"\x03")
PYTHON
  engine rm --force c1 || true
}
case_saved_and_loaded() {
  run --name c1 "$image" sh -c 'echo kept > /kept'
  engine commit --pause=false c1 saya.local/saved:latest > /dev/null
  engine save saya.local/saved:latest > "$work/saved.tar"
  engine rmi saya.local/saved:latest > /dev/null
  engine load --input "$work/saved.tar"
  equal kept "$(once saya.local/saved:latest cat /kept)"
}
case_stop_by_a_signal_of_the_users() {
  start --name c1 "$image" sh -c 'trap "exit 8" INT; echo ready; while :; do sleep 0.1; done'
  until_true 20 said c1 ready
  engine stop --signal INT c1
  equal 8 "$(field c1 '{{.State.ExitCode}}')"
}
case_started_with_its_streams() {
  engine create --runtime "$runtime" --name c1 -i "$image" sh -c 'read -r line; echo "got $line"; exit 3' > /dev/null
  status_of 3 engine start --attach --interactive c1 <<< words
  grep -q 'got words' "$work/said"
}
