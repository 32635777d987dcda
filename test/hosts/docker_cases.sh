# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# What Docker alone has, or has in its own way. As engine_cases.sh.

has_interfaces() { [[ $(engine exec c1 ls /sys/class/net | wc -l) == "$1" ]]; }
case_network_that_comes_and_goes() {
  engine network create cn > /dev/null
  start --name c1 "$image" sh -c "$patient"
  has_interfaces 2
  engine network connect cn c1
  until_true 10 has_interfaces 3
  engine network disconnect cn c1
  until_true 10 has_interfaces 2
}
case_two_networks_from_the_start() {
  engine network create cn > /dev/null
  engine network create cm > /dev/null
  equal 3 "$(once --network cn --network cm "$image" ls /sys/class/net | wc -l)"
}
case_network_of_the_host() { once --network host "$image" true; }
case_network_of_another_container() {
  start --name c1 "$image" sh -c "$patient"
  once --network container:c1 "$image" true
}
case_processes_of_another_container() {
  start --name c1 "$image" sh -c "$patient"
  once --pid container:c1 "$image" true
}
case_shared_memory_of_another_container() {
  start --name c1 --ipc shareable "$image" sh -c "echo x > /dev/shm/x; $patient"
  until_true 20 said c1 ready
  equal x "$(once --ipc container:c1 "$image" cat /dev/shm/x)"
}
case_processes_of_the_host() { once --pid host "$image" true; }
case_alias_in_a_network_of_its_own() {
  engine network create cn > /dev/null
  start --name ca --network cn --network-alias alias "$image" sh -c "$patient"
  once --network cn "$image" nslookup -type=a alias
}
health_is() { [[ $(field c1 '{{.State.Health.Status}}') == "$1" ]]; }
case_health() {
  start --name c1 --health-cmd 'test -e /tmp/well' --health-interval 1s --health-retries 1 "$image" sh -c "$patient"
  until_true 30 health_is unhealthy
  engine exec c1 touch /tmp/well
  until_true 30 health_is healthy
}
case_events() {
  local since
  since=$(date +%s)
  status_of 3 once --name c-events "$image" sh -c 'exit 3'
  engine events --since "$since" --until "$(($(date +%s) + 1))" --filter container=c-events --format '{{.Action}}' > "$work/said"
  equal 'create attach start die destroy' "$(grep -E '^(create|attach|start|die|destroy)$' "$work/said" | tr '\n' ' ' | sed 's/ $//')"
}
case_renamed() {
  start --name c1 "$image" sh -c "$patient"
  engine rename c1 cr
  engine exec cr true
  has_status cr running
}
case_containers_outlive_their_daemon() {
  start --name c1 "$image" sh -c 'i=0; while :; do echo "$i"; i=$((i + 1)); sleep 0.2; done'
  until_true 20 said c1 1
  dockerd_end KILL
  dockerd_start
  has_status c1 running
  engine exec c1 true
  engine stop --time 1 c1
  has_status c1 exited
}
