# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# What a process finds of its own: streams, terminal, devices, user, arguments, limits. For both command lines, as engine_cases.sh.

# Servers write their logs there, and not as root.
case_streams_by_name_as_a_user() {
  once --user 1000:1000 "$image" sh -c 'echo words > /dev/stdout; echo more > /dev/stderr; echo last > /proc/self/fd/1' > "$work/out" 2> "$work/err"
  equal $'words\nlast' "$(< "$work/out")"
  equal more "$(< "$work/err")"
  equal input "$(echo input | once -i --user 1000:1000 "$image" cat /dev/stdin)"
}
case_streams_by_name_as_a_user_of_an_exec() {
  start --name c1 "$image" sh -c "$patient"
  equal words "$(engine exec --user 1000:1000 c1 sh -c 'echo words > /dev/stdout')"
  equal input "$(echo input | engine exec -i --user 1000:1000 c1 cat /dev/stdin)"
}
case_console() {
  equal $'words\r\nmore\r' "$(once -t "$image" sh -c 'echo words > /dev/console; echo more > /dev/tty')"
  equal $'words\r' "$(once -t --user 1000:1000 "$image" sh -c 'echo words > "$(tty)"')"
  equal crw--w---- "$(once -t --user 1000:1000 "$image" sh -c 'stat -L -c %A /dev/console' | tr -d '\r')"
}
case_terminal_of_an_exec() {
  start --name c1 "$image" sh -c "$patient"
  engine exec -t c1 tty | found -E '^/dev/pts/[0-9]+'
  engine exec -t --user 1000:1000 c1 sh -c 'echo words > "$(tty)"; test -t 0 && test -t 1 && test -t 2' | found words
}
case_log_of_a_terminal() {
  start --name c1 -t "$image" sh -c 'seq 20000; test -t 1 && exit 3'
  equal 3 "$(engine wait c1)"
  cmp <(seq 20000) <(engine logs c1 | tr -d '\r')
}
case_arguments_as_they_are() {
  local given=$'a "b" \'c\' $d `e` \\ \t\n ä 漢 😀 '
  equal "<$given><><-->" "$(once "$image" sh -c 'printf "<%s>" "$@"' - "$given" '' --)"
  equal "<$given>" "$(once --env "A=$given" "$image" sh -c 'printf "<%s>" "$A"')"
}
case_a_megabyte_of_arguments() {
  local piece pieces=() i
  piece=$(head -c 100000 /dev/zero | tr '\0' x)
  for i in {1..10}; do pieces+=("$piece"); done
  start --name c1 "$image" sh -c "$patient"
  equal '10 100000' "$(engine exec c1 sh -c 'echo "$# ${#10}"' - "${pieces[@]}")"
}
case_five_thousand_variables() {
  seq 5000 | sed 's/.*/VARIABLE_&=a value that is somewhat longer than need be, for the length of it all &/' > "$work/environment"
  equal 5000 "$(once --env-file "$work/environment" "$image" sh -c 'env | grep -c ^VARIABLE_')"
}
case_user_by_name() {
  mkdir -p "$work/names"
  printf 'root:x:0:0:root:/root:/bin/sh\nworker:x:1234:77:w:/home/worker:/bin/sh\n' > "$work/names/passwd"
  printf 'root:x:0:\nmore:x:88:worker\n' > "$work/names/group"
  engine create --runtime "$runtime" --name c1 "$image" true > /dev/null
  engine cp "$work/names/passwd" c1:/etc/passwd
  engine cp "$work/names/group" c1:/etc/group
  engine commit c1 saya.local/names:latest > /dev/null
  equal '1234 77 77 88 /home/worker' "$(once --user worker saya.local/names:latest sh -c 'echo "$(id -u) $(id -g) $(id -G) $HOME"')"
}
# Docker's own sysctls: who is not root may serve at port 80, and ping.
case_ports_below_1024_as_a_user() {
  start --name c1 --user 1000:1000 "$image" httpd -f -p 80 -h /etc
  until_true 20 engine exec c1 sh -c 'wget -q -O - http://127.0.0.1/passwd | grep -q root'
}
case_ping_for_users() { equal $'0\t2147483647' "$(once "$image" cat /proc/sys/net/ipv4/ping_group_range)"; }
case_tun_device() {
  once --cap-add NET_ADMIN --device /dev/net/tun "$image" sh -c 'tunctl -t tun7 && ip link show tun7'
  status_of 1 once --cap-add NET_ADMIN "$image" sh -c 'mkdir -p /dev/net && mknod /dev/net/tun c 10 200 && head -c 1 /dev/net/tun; test -e /nothing'
}
case_full_device() { once "$image" sh -c '! { echo x > /dev/full; } 2>/dev/null && ls /dev/random /dev/urandom /dev/mqueue /dev/pts /dev/ptmx > /dev/null'; }
case_more_limits_of_processes() {
  equal '0 1000' "$(once --ulimit core=0 --ulimit msgqueue=1000 "$image" awk '/core file/ {c = $5} /msgqueue/ {q = $4} END {print c, q}' /proc/self/limits)"
}
case_more_sysctls() {
  equal '4321 77 65000' "$(once --sysctl net.core.somaxconn=4321 --sysctl fs.mqueue.msg_max=77 --sysctl kernel.msgmax=65000 "$image" sh -c \
    'echo "$(cat /proc/sys/net/core/somaxconn) $(cat /proc/sys/fs/mqueue/msg_max) $(cat /proc/sys/kernel/msgmax)"')"
}
case_score_for_the_oom_killer() {
  start --name c1 --oom-score-adj 500 "$image" sh -c "$patient"
  equal 500 "$(engine exec c1 cat /proc/1/oom_score_adj)"
  equal 500 "$(engine exec c1 cat /proc/self/oom_score_adj)"
}
case_processors_by_number() {
  local last=$(($(nproc --all) - 1))
  equal 1 "$(once --cpuset-cpus "$last" "$image" nproc)"
}
case_name_of_the_domain() {
  equal 'named example.org' "$(once --hostname named --domainname example.org "$image" sh -c 'echo "$(hostname) $(cat /proc/sys/kernel/domainname)"')"
}
case_no_shared_memory() { once --ipc none "$image" sh -c '! grep " /dev/shm " /proc/mounts'; }
case_privileges_of_an_exec() {
  start --name c1 "$image" sh -c "$patient"
  status_of 1 engine exec c1 sh -c 'ip link set lo mtu 1000 || exit 1'
  engine exec --privileged c1 ip link set lo mtu 1000
  engine exec c1 sh -c '! ip link set lo mtu 1001'
}
case_loop_device_of_a_privileged_container() {
  once --privileged "$image" sh -c 'dd if=/dev/zero of=/file bs=1M count=8 2>/dev/null && mke2fs -F /file > /dev/null && mkdir /m &&
    mount -o loop -t ext2 /file /m && echo words > /m/file && umount /m && losetup -f'
}
case_work_directory_of_an_exec_that_is_missing() {
  start --name c1 "$image" sh -c "$patient"
  status_of 127 engine exec --workdir /none c1 true || status_of 126 engine exec --workdir /none c1 true
}
