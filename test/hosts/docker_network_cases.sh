# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# Docker's networks, names and published ports beyond the usual. As engine_cases.sh.

serve='mkdir -p /w; echo served > /w/index.html; exec httpd -f -p 80 -h /w'
gateway_of() { engine network inspect "$1" --format '{{range .IPAM.Config}}{{.Gateway}}{{end}}'; }
reaches() { engine exec "$1" ping -c 1 -W 2 "$2"; }

case_range_of_ports() {
  start --name c1 --publish 8000-8002:80-82 "$image" sh -c 'for p in 80 81 82; do mkdir -p "/w/$p"; echo "$p" > "/w/$p/index.html"; httpd -p "$p" -h "/w/$p"; done; sleep 1000'
  for port in 0 1 2; do until_true 30 answers "$outside" "800$port" "8$port"; done
}
case_port_of_the_engines_choice() {
  start --name c1 --publish 80 "$image" sh -c "$serve"
  until_true 30 answers "$outside" "$(engine port c1 80/tcp | sed -n '1s/.*://p')" served
}
case_port_on_ipv6() {
  start --name c1 --publish '[::1]:8080:80' "$image" sh -c "$serve"
  until_true 30 answers ::1 8080 served
}
case_port_after_a_restart() {
  start --name c1 --publish 8080:80 "$image" sh -c "$serve"
  until_true 30 answers "$outside" 8080 served
  engine restart --time 1 c1
  until_true 30 answers "$outside" 8080 served
}
case_published_port_from_a_container() {
  engine network create cn > /dev/null
  start --name ca --network cn --publish 8080:80 "$image" sh -c "$serve"
  once --network cn "$image" sh -c "for i in 1 2 3 4 5 6 7 8 9 10; do
    printf 'GET / HTTP/1.0\r\n\r\n' | nc $gateway 8080 | grep served && exit 0; sleep 0.5; done; exit 1"
}
case_hardware_address() { equal 02:42:ac:11:00:aa "$(once --mac-address 02:42:ac:11:00:aa "$image" cat /sys/class/net/eth0/address)"; }
case_address_of_the_users_choice() {
  engine network create --subnet 172.30.5.0/24 cn > /dev/null
  once --network cn --ip 172.30.5.77 "$image" ip -4 addr show dev eth0 | found -F 172.30.5.77/24
}
case_size_of_packets() {
  engine network create --opt com.docker.network.driver.mtu=1300 cn > /dev/null
  equal 1300 "$(once --network cn "$image" cat /sys/class/net/eth0/mtu)"
}
case_network_of_ipv6() {
  engine network create --ipv6 --subnet fd00:5a:1::/64 cn > /dev/null
  start --name ca --network cn "$image" sh -c "$patient"
  once --network cn "$image" sh -c 'for i in 1 2 3 4 5 6; do ping -6 -c 1 -W 5 ca && exit 0; sleep 1; done; exit 1'
}
case_internal_network() {
  engine network create --internal cn > /dev/null
  start --name ca --network cn "$image" sh -c "$patient"
  once --network cn "$image" ping -c 1 -W 20 ca
  status_of 1 once --network cn "$image" ping -c 1 -W 2 "$outside"
}
case_link() {
  start --name ca "$image" sh -c "$patient"
  once --link ca:other "$image" ping -c 1 -W 20 other
}
case_five_networks() {
  local name options=()
  for name in ca cb cd ce cf; do engine network create "$name" > /dev/null; options+=(--network "$name"); done
  equal 6 "$(once "${options[@]}" "$image" ls /sys/class/net | wc -l)"
}
case_names_in_a_network_that_comes() {
  engine network create --subnet 172.30.6.0/24 cn > /dev/null
  start --name ca --network cn "$image" sh -c "$patient"
  start --name c1 "$image" sh -c "$patient"
  engine network connect --ip 172.30.6.66 --alias late cn c1
  until_true 20 reaches c1 ca
  until_true 20 reaches ca late
  engine network disconnect cn c1
  until_true 20 has_interfaces 2
  engine network connect cn c1
  until_true 20 reaches c1 ca
}
case_network_after_none() {
  start --name c1 --network none "$image" sh -c "$patient"
  engine network disconnect none c1
  engine network connect bridge c1
  until_true 20 reaches c1 "$gateway"
}
case_first_network_goes() {
  engine network create cn > /dev/null
  start --name c1 "$image" sh -c "$patient"
  engine network connect cn c1
  until_true 20 has_interfaces 3
  engine network disconnect bridge c1
  until_true 20 has_interfaces 2
  until_true 20 reaches c1 "$(gateway_of cn)"
}
case_name_of_what_stopped_and_came_back() {
  engine network create cn > /dev/null
  start --name ca --network cn "$image" sh -c "$patient"
  start --name cb --network cn --network-alias other "$image" sh -c "$patient"
  until_true 20 reaches ca other
  engine stop --time 1 cb
  status_of 1 engine exec ca ping -c 1 -W 2 cb
  engine start cb > /dev/null
  until_true 20 reaches ca cb
}
