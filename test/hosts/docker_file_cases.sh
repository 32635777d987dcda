# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# Docker's mounts, volumes and copies beyond the usual. As engine_cases.sh.

case_mount_in_a_mount() {
  mkdir -p "$work/outer/inner" "$work/inner"
  echo words > "$work/inner/file"
  equal words "$(once --volume "$work/outer:/o:ro" --volume "$work/inner:/o/inner" "$image" sh -c 'cat /o/inner/file; touch /o/inner/made; ! touch /o/made 2>/dev/null')"
  [[ -e $work/inner/made ]]
}
case_root_of_the_host() {
  equal "$(cat /etc/hostname)" "$(once --volume /:/host:ro "$image" sh -c 'cat /host/etc/hostname; ls /host/proc /host/sys > /dev/null; ! touch /host/made 2>/dev/null')"
}
case_mounted_tmpfs() {
  once --mount type=tmpfs,target=/t,tmpfs-size=1048576,tmpfs-mode=700 "$image" sh -c 'df -k /t | grep -q " 1024 " && [ "$(stat -c %a /t)" = 700 ]'
  once --tmpfs /t:exec,uid=5 "$image" sh -c '[ "$(stat -c %u /t)" = 5 ] && cp /bin/busybox /t/true && /t/true'
}
case_volume_filled_from_the_image() {
  equal 'root:x:0:0:root:/:/bin/sh' "$(once --volume cv:/etc "$image" cat /etc/passwd)"
  once --volume cw:/etc:nocopy "$image" sh -c '! test -e /etc/passwd'
}
case_part_of_a_volume() {
  once --volume cv:/d "$image" sh -c 'mkdir /d/part && echo words > /d/part/file'
  equal words "$(once --mount type=volume,source=cv,target=/s,volume-subpath=part "$image" cat /s/file)"
}
case_volume_in_memory() {
  engine volume create --driver local --opt type=tmpfs --opt device=tmpfs --opt o=size=1m,uid=7 cv > /dev/null
  equal 7 "$(once --volume cv:/t "$image" stat -c %u /t)"
}
case_volumes_of_another_container() {
  start --name c1 --volume cv:/a "$image" sh -c "echo words > /a/file; $patient"
  until_true 20 said c1 ready
  equal words "$(once --volumes-from c1:ro "$image" sh -c 'cat /a/file; ! touch /a/made 2>/dev/null')"
  once --volumes-from c1 "$image" sh -c 'echo answer > /a/answer'
  equal answer "$(engine exec c1 cat /a/answer)"
}
case_copy_to_what_was_created() {
  engine create --runtime "$runtime" --name c1 "$image" cat /copied > /dev/null
  echo words > "$work/file"
  engine cp "$work/file" c1:/copied
  equal words "$(engine start --attach c1)"
}
case_copy_of_trees() {
  start --name c1 --volume cv:/vol "$image" sh -c "$patient"
  mkdir -p "$work/tree/a/b"
  echo words > "$work/tree/a/b/file"
  ln -s file "$work/tree/a/b/link"
  engine cp "$work/tree" c1:/vol/
  equal words "$(engine exec c1 cat /vol/tree/a/b/link)"
  tar -C "$work/tree" -c . | engine cp - c1:/tmp/
  equal words "$(engine exec c1 cat /tmp/a/b/link)"
  engine cp c1:/vol - | tar -t | found 'vol/tree/a/b/file'
  engine cp c1:/tmp/a "$work/back"
  equal words "$(< "$work/back/b/file")"
}
