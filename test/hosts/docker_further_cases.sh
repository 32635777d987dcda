# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# What Docker tells of a container, and what changes beneath one that runs or waits. As engine_cases.sh.

case_network_that_comes_while_paused() {
  engine network create cn > /dev/null
  start --name c1 "$image" sh -c "$patient"
  engine pause c1
  engine network connect cn c1
  engine unpause c1
  until_true 20 has_interfaces 3
  until_true 20 reaches c1 "$(gateway_of cn)"
}
case_network_of_what_was_created() {
  engine network create cn > /dev/null
  engine create --runtime "$runtime" --name c1 "$image" sh -c "$patient" > /dev/null
  engine network connect cn c1
  engine start c1
  has_interfaces 3
  engine stop --time 1 c1
  engine network disconnect bridge c1
  engine start c1
  has_interfaces 2
}
case_network_that_came_stays_after_a_restart() {
  engine network create cn > /dev/null
  start --name ca --network cn "$image" sh -c "$patient"
  start --name c1 "$image" sh -c "$patient"
  engine network connect cn c1
  engine restart --time 1 c1
  has_interfaces 3
  until_true 20 reaches c1 ca
}
case_networks_that_come_at_once() {
  local name jobs=()
  for name in ca cb cd; do engine network create "$name" > /dev/null; done
  start --name c1 "$image" sh -c "$patient"
  for name in ca cb cd; do engine network connect "$name" c1 & jobs+=("$!"); done
  for name in "${jobs[@]}"; do wait "$name"; done
  until_true 30 has_interfaces 5
  for name in ca cb cd; do until_true 20 reaches c1 "$(gateway_of "$name")"; done
  jobs=()
  for name in ca cb cd; do engine network disconnect "$name" c1 & jobs+=("$!"); done
  for name in "${jobs[@]}"; do wait "$name"; done
  until_true 30 has_interfaces 2
  reaches c1 "$gateway"
}
case_name_of_an_interface() {
  engine network create cn > /dev/null
  once --network name=cn,driver-opt=com.docker.network.endpoint.ifname=mine0 "$image" ip -4 addr show dev mine0
}
case_sysctl_of_an_interface() {
  engine network create cn > /dev/null
  equal 1 "$(once --network name=cn,driver-opt=com.docker.network.endpoint.sysctls=net.ipv4.conf.IFNAME.log_martians=1 "$image" \
    cat /proc/sys/net/ipv4/conf/eth0/log_martians)"
}
case_host_by_its_usual_name() { once --add-host host.docker.internal:host-gateway "$image" ping -c 1 -W 20 host.docker.internal; }
case_port_on_one_address() {
  start --name c1 --publish 127.0.0.1:8080:80 "$image" sh -c "$serve"
  until_true 30 answers 127.0.0.1 8080 served
  ! answers "$outside" 8080 served
}
case_figures_of_the_network() {
  start --name c1 "$image" sh -c "$patient"
  engine exec c1 ping -c 3 -W 5 "$gateway"
  engine stats --no-stream --format '{{.NetIO}}' c1 > "$work/said"
  grep -qE '^[1-9][0-9.]*k?B / [1-9][0-9.]*k?B$' "$work/said" || { cat "$work/said"; return 1; }
}
case_figures_of_the_processor() {
  start --name c1 "$image" sh -c 'while :; do :; done'
  sleep 2 # two readings are compared
  engine stats --no-stream --format '{{.CPUPerc}}' c1 > "$work/said"
  awk '{exit !($1 + 0 > 10 && $1 + 0 < 250)}' "$work/said" || { cat "$work/said"; return 1; }
}
case_events_of_an_exec_and_of_a_lack_of_memory() {
  local since
  since=$(date +%s)
  start --name c1 --memory 48m --memory-swap 48m "$image" sh -c "$patient"
  status_of 7 engine exec c1 sh -c 'exit 7'
  engine exec c1 tail /dev/zero || true
  engine events --since "$since" --until "$(($(date +%s) + 1))" --filter container=c1 --format '{{.Action}} {{.Actor.Attributes.exitCode}}' > "$work/said"
  grep -q '^exec_die 7$' "$work/said" && grep -q '^exec_die 137$' "$work/said" && grep -q '^oom' "$work/said" || { cat "$work/said"; return 1; }
}
case_processes_as_the_user_asks() {
  start --name c1 "$image" sleep 1000
  engine top c1 -o pid,args | found -E '^[0-9]+ .*sleep'
}
case_processors_by_number_while_it_runs() {
  local last=$(($(nproc --all) - 1))
  start --name c1 --cpuset-cpus 0 "$image" sh -c "$patient"
  engine update --cpuset-cpus "$last" c1
  equal 1 "$(engine exec c1 nproc)"
}
case_update_of_what_has_stopped() {
  start --name c1 --memory 64m --memory-swap 64m "$image" sh -c "$patient"
  engine stop --time 1 c1
  engine update --memory 96m --memory-swap 96m --cpus 0.3 c1
  engine start c1
  equal 100663296 "$(limit memory.max memory/memory.limit_in_bytes)"
  limit cpu.max cpu/cpu.cfs_quota_us | found '^30000'
}
# That all mounts below are read-only Docker asks of runc alone, whose features it knows.
case_mounts_below_a_mount_as_the_user_asks() {
  mkdir -p "$work/outer/sub"
  mount -t tmpfs none "$work/outer/sub"
  touch "$work/outer/sub/file"
  once --mount "type=bind,source=$work/outer,target=/o,readonly,bind-recursive=writable" "$image" sh -c 'touch /o/sub/made && ! touch /o/made 2>/dev/null'
  once --mount "type=bind,source=$work/outer,target=/o,bind-recursive=disabled" "$image" sh -c '! test -e /o/sub/file'
  umount "$work/outer/sub"
}
case_mount_that_comes_later() {
  mkdir -p "$work/later/sub"
  mount --bind "$work/later" "$work/later"
  mount --make-rshared "$work/later"
  start --name c1 --volume "$work/later:/l:rslave" "$image" sh -c "$patient"
  mount -t tmpfs none "$work/later/sub"
  touch "$work/later/sub/file"
  until_true 20 engine exec c1 test -e /l/sub/file
  umount "$work/later/sub"
  until_true 20 engine exec c1 sh -c '! test -e /l/sub/file'
  engine rm --force c1
  umount "$work/later"
}
reads() { [[ $(engine exec c1 cat "$1" 2>&1) == "$2" ]]; }
case_copy_over_what_was_just_read() {
  local i
  start --name c1 "$image" sh -c "$patient"
  for i in 1 22 333 4444; do
    echo "$i" > "$work/file"
    engine cp "$work/file" c1:/tmp/file
    until_true 3 reads /tmp/file "$i"
  done
  engine exec c1 rm /tmp/file
  status_of 1 engine cp c1:/tmp/file "$work/none"
}
case_copy_with_owners_and_links() {
  start --name c1 "$image" sh -c "mkdir -p /data; ln -s /data /link; $patient"
  until_true 20 engine exec c1 test -L /link
  echo words > "$work/copied"
  chown 12:34 "$work/copied"
  engine cp --archive "$work/copied" c1:/link/
  equal '12:34' "$(engine exec c1 stat -c %u:%g /data/copied)"
  engine cp c1:/link "$work/back-link"
  [[ -L $work/back-link ]]
  engine cp --follow-link c1:/link/copied "$work/back-file"
  equal words "$(< "$work/back-file")"
  engine cp c1:/etc/hosts - | tar -t | found -x hosts
}
case_copy_into_what_is_read_only() {
  start --name c1 --read-only --volume cv:/v "$image" sh -c "$patient"
  echo words > "$work/file"
  status_of 1 engine cp "$work/file" c1:/file
  engine cp "$work/file" c1:/v/file
  equal words "$(engine exec c1 cat /v/file)"
}
case_commit_of_what_runs() {
  start --name c1 "$image" sh -c "echo kept > /kept; $patient"
  until_true 20 engine exec c1 test -s /kept
  engine commit --change 'USER 1000' --change 'WORKDIR /tmp' --change 'ENTRYPOINT ["cat"]' c1 saya.local/running:latest > /dev/null
  has_status c1 running
  equal kept "$(once saya.local/running:latest /kept)"
}
# A service that waits for another's health, shares a volume with it, and finds it by its name.
case_application_of_three() {
  engine network create cn > /dev/null
  start --name ca --network cn --network-alias db --restart unless-stopped --volume cv:/data --health-cmd 'test -e /data/ready' --health-interval 1s "$image" \
    sh -c 'sleep 1; mkdir -p /data/w; echo stored > /data/w/index.html; touch /data/ready; exec httpd -f -p 5432 -h /data/w'
  until_true 60 database_is_well
  start --name cb --network cn --restart unless-stopped --volume cv:/data:ro --publish 8080:80 "$image" \
    sh -c 'mkdir /w; wget -q -O /w/index.html http://$(nslookup -type=a db | sed -n "s/^Address: //p"):5432/ || cp /data/w/index.html /w/; exec httpd -f -p 80 -h /w'
  until_true 30 answers "$outside" 8080 stored
  engine stop --time 1 ca cb
  has_status ca exited
  has_status cb exited
  engine start ca cb
  until_true 30 answers "$outside" 8080 stored
}
database_is_well() { [[ $(field ca '{{.State.Health.Status}}') == healthy ]]; }
case_start_that_fails_and_is_mended() {
  engine create --runtime "$runtime" --name c1 "$image" /program > /dev/null
  status_of 1 engine start c1
  printf '#!/bin/sh\necho mended\n' > "$work/program"
  chmod 755 "$work/program"
  engine cp "$work/program" c1:/program
  equal mended "$(engine start --attach c1)"
}
case_port_that_is_taken() {
  start --name c1 --publish 8080:80 "$image" sh -c "$serve"
  status_of 125 run --name c2 --publish 8080:80 "$image" true
  engine rm --force c1
  status_of 0 engine start --attach c2
}
