# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# What a container may and may not do: rights, control groups, paths of the kernel, special files. As engine_cases.sh.

case_rights_that_all_have() {
  once "$image" sh -c 'mknod /n c 1 3 && echo x > /n && chroot / /bin/true && mkdir /d && chown 5:6 /d && chmod 2770 /d && su -s /bin/sh -c "id -u" root && hostname && ! hostname other 2>/dev/null && ! mount -t tmpfs none /d 2>/dev/null'
}
case_rights_of_an_administrator() {
  once --cap-add SYS_ADMIN --security-opt apparmor=unconfined "$image" sh -c 'mkdir /m && mount -t tmpfs none /m && echo x > /m/file && mkdir -p /mnt && mount --bind /m /mnt && cat /mnt/file && umount /mnt && unshare -m true && hostname other && hostname'
}
case_user_namespaces_inside() {
  equal 0 "$(once --user 1000:1000 --security-opt seccomp=unconfined "$image" unshare -U -r id -u)"
}
case_file_over_a_file_that_the_image_lacks() {
  echo words > "$work/file"
  equal words "$(once --volume "$work/file:/deep/down/file:ro" "$image" cat /deep/down/file)"
}
case_user_that_is_unknown() {
  status_of 125 once --user nobody-knows "$image" true || status_of 126 once --user nobody-knows "$image" true
  grep -q 'unable to find user nobody-knows' "$work/said"
}
case_file_as_a_work_directory() {
  run --rm --workdir /etc/passwd "$image" true > "$work/said" 2>&1 && return 1
  grep -qi 'not a directory' "$work/said" || { cat "$work/said"; return 1; }
}
case_sysctls_of_a_privileged_container() { equal 1 "$(once --privileged "$image" sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward && cat /proc/sys/net/ipv4/ip_forward')"; }
case_names_of_processes() {
  start --name c1 "$image" sh -c "$patient"
  equal 'sh' "$(engine exec c1 cat /proc/1/comm)"
  engine exec c1 readlink /proc/1/exe | found busybox
}
case_groups_of_its_own_in_the_control_group() {
  once --security-opt writable-cgroups=true "$image" sh -c 'd=/sys/fs/cgroup; [ -e $d/cgroup.procs ] || d=$d/pids; mkdir $d/mine && echo $$ > $d/mine/cgroup.procs && grep mine /proc/self/cgroup'
}
case_groups_that_cannot_be_written() {
  once "$image" sh -c 'd=/sys/fs/cgroup; [ -e $d/cgroup.procs ] || d=$d/pids; ! mkdir $d/mine 2>/dev/null'
}
case_marker_of_the_engine() { once "$image" test -e /.dockerenv; }
case_fuse_device() { once --device /dev/fuse --cap-add SYS_ADMIN "$image" sh -c 'test -c /dev/fuse && exec 3<>/dev/fuse'; }
case_masked_paths() {
  once "$image" sh -c 'cat /proc/kcore 2>/dev/null | head -c 1 | wc -c; ls -A /proc/acpi /proc/scsi /sys/firmware 2>/dev/null; ! echo x 2>/dev/null > /proc/sys/kernel/hostname; ! echo b 2>/dev/null > /proc/sysrq-trigger'
}
case_pipe_in_a_volume() {
  once --volume cv:/v "$image" sh -c 'mkfifo /v/fifo; (echo words > /v/fifo &) ; cat /v/fifo' | found -x words
}
case_sparse_files() {
  once --volume cv:/v "$image" sh -c 'truncate -s 1G /v/sparse && [ "$(stat -c %b /v/sparse)" -lt 1000 ] && dd if=/dev/zero of=/sparse bs=1 count=1 seek=1G 2>/dev/null && [ "$(stat -c %b /sparse)" -lt 1000 ]'
}
