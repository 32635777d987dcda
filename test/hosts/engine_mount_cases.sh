# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# Mounts of the host in shapes that monitors, builders and databases use. For both command lines, as engine_cases.sh.

# A collector of metrics in a container: what is below /proc, /sys and /dev is the machine's.
case_what_the_kernel_says_of_itself() {
  once --volume /proc:/host/proc:ro --volume /sys:/host/sys:ro --volume /sys/fs/cgroup:/host/cgroup:ro "$image" sh -c '
    grep -q MemTotal /host/proc/meminfo && grep -q "^cpu " /host/proc/stat && test "$(wc -c < /host/proc/cpuinfo)" -gt 100 &&
      test -d /host/proc/1 && test -e /host/sys/class/net/lo && ls /host/cgroup/* > /dev/null'
}
case_file_of_the_proc_directory() {
  echo 'MemTotal: 77 kB' > "$work/meminfo"
  equal 'MemTotal: 77 kB' "$(once --volume "$work/meminfo:/proc/meminfo:ro" "$image" cat /proc/meminfo)"
}
case_devices_of_the_host() { once --privileged --volume /dev:/dev "$image" sh -c 'echo x > /dev/null && test -c /dev/zero && head -c 4 /dev/zero | wc -c' | found -x 4; }
# Seen within a second (runtime-core/README.md).
reads() { [[ $(engine exec c1 cat "$1" 2>&1) == "$2" ]]; }
case_changes_of_the_host() {
  local i
  echo begun > "$work/changing"
  mkdir -p "$work/changed"
  echo begun > "$work/changed/file"
  start --name c1 --volume "$work/changed:/d" --volume "$work/changing:/f" "$image" sh -c "$patient"
  for i in 1 22 333; do
    echo "$i" > "$work/changed/file"
    echo "$i" > "$work/changing"
    until_true 3 reads /d/file "$i"
    until_true 3 reads /f "$i"
    echo "new $i" > "$work/changed/other"
    mv "$work/changed/other" "$work/changed/file"
    until_true 3 reads /d/file "new $i"
    engine exec c1 sh -c "echo 'answer $i' > /d/file"
    equal "answer $i" "$(< "$work/changed/file")"
  done
  rm "$work/changed/file"
  until_true 3 engine exec c1 sh -c '! test -e /d/file'
}
# Its reader has it open, as tail -f does.
case_growth_on_the_host() {
  echo 1 > "$work/growing"
  start --name c1 --volume "$work/growing:/f" "$image" tail -f /f
  until_true 20 said c1 1
  echo second >> "$work/growing"
  until_true 20 said c1 second
}
case_names_with_all_kinds_of_characters() {
  local name="$work/a b,ä#%\\"
  mkdir -p "$name"
  echo words > "$name/file"
  equal words "$(once --mount "type=bind,\"source=$name\",target=/b c/ö" "$image" cat '/b c/ö/file')"
}
case_mount_with_a_mount_of_the_host_below() {
  mkdir -p "$work/below/a b"
  mount -t tmpfs none "$work/below/a b"
  echo words > "$work/below/a b/file"
  once --volume "$work/below:/o:ro" "$image" sh -c 'cat "/o/a b/file"; ! touch /o/made 2>/dev/null'
  equal words "$(once --volume "$work/below:/o" "$image" sh -c 'cat "/o/a b/file"; touch "/o/a b/made"')"
  [[ -e "$work/below/a b/made" ]]
  umount "$work/below/a b"
}
case_thirty_mounts() {
  local i options=()
  for i in {1..30}; do mkdir -p "$work/many/$i"; echo "$i" > "$work/many/$i/file"; options+=(--volume "$work/many/$i:/many/$i:ro"); done
  equal "$(seq 30)" "$(once "${options[@]}" "$image" sh -c 'for i in $(seq 30); do cat /many/$i/file; done')"
}
case_one_directory_at_two_places() {
  mkdir -p "$work/twice"
  equal words "$(once --volume "$work/twice:/a" --volume "$work/twice:/b:ro" "$image" sh -c 'echo words > /a/file; cat /b/file; ! touch /b/made 2>/dev/null')"
}
case_owners_and_modes_on_the_host() {
  mkdir -p "$work/owned"
  once --volume "$work/owned:/o" "$image" sh -c 'umask 027; touch /o/file; chown 5:6 /o/file; mkdir /o/d; chmod 3771 /o/d; chown 1000:1000 /o; ln /o/file /o/hard; ln -s file /o/soft'
  equal '5:6 640 2' "$(stat -c '%u:%g %a %h' "$work/owned/file")"
  equal '3771' "$(stat -c %a "$work/owned/d")"
  equal file "$(readlink "$work/owned/soft")"
  once --user 1000:1000 --volume "$work/owned:/o" "$image" touch /o/mine
  equal 1000:1000 "$(stat -c %u:%g "$work/owned/mine")"
  status_of 1 once --user 1001:1001 --volume "$work/owned:/o" "$image" touch /o/yours
}
# That of the directory that it covers, or everybody's.
case_mode_of_a_tmpfs() {
  equal $'755\n1777' "$(once --tmpfs /tmp --tmpfs /new "$image" stat -c %a /tmp /new)"
  once --user 1000:1000 --tmpfs /new "$image" touch /new/file
}
case_mount_behind_a_link() {
  engine create --runtime "$runtime" --name c1 "$image" true > /dev/null
  mkdir -p "$work/links/data"
  ln -sfn data "$work/links/link"
  ln -sfn /../../etc "$work/links/out"
  tar -C "$work/links" -c . | engine cp - c1:/
  engine commit c1 saya.local/links:latest > /dev/null
  equal words "$(once --volume cv:/link/sub saya.local/links:latest sh -c 'echo words > /data/sub/file; cat /link/sub/file')"
  equal words "$(once --volume cv:/out/made saya.local/links:latest cat /etc/made/file)"
}
case_file_over_a_directory() {
  echo words > "$work/file"
  run --name c1 --volume "$work/file:/etc" "$image" true > "$work/said" 2>&1 && return 1
  grep -qi 'not a directory' "$work/said" || { cat "$work/said"; return 1; }
}
case_two_containers_and_one_volume() {
  start --name c1 --volume cv:/v "$image" sh -c 'touch /v/log; tail -f /v/log'
  until_true 20 engine exec c1 test -e /v/log
  start --name c2 --volume cv:/v "$image" sh -c 'for i in $(seq 200); do echo "line $i" >> /v/log; done; sleep 1000'
  until_true 30 said c1 'line 200'
  equal "$(seq 200 | sed 's/^/line /')" "$(engine logs c1)"
}
case_memory_is_there_after_an_update() {
  start --name c1 --memory 64m --memory-swap 64m "$image" sh -c "$patient"
  status_of 137 engine exec c1 sh -c 'head -c 100m /dev/zero | tail > /dev/null; exit $?'
  engine update --memory 512m --memory-swap 512m c1
  engine exec c1 sh -c 'head -c 300m /dev/zero | tail > /dev/null'
}
