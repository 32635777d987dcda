# shellcheck shell=bash
# crun for the guest. Sourced by build.sh.

# build_crun DSC BUILD OUT DEV...: builds Debian's crun as one static program without systemd, into OUT. DEV are the .deb files of
# the libraries it is linked with; they are unpacked, not installed.
#
# Why not Debian's binary: it is linked with libsystemd, and so with libgcrypt, lzma, zstd and lz4, none of which can be of use
# in a guest without systemd. README.md has the times.
build_crun() {
  local dsc=$1 build=$2 out=$3 deb
  shift 3
  need_packages file python3   # its sources are generated
  rm -rf "$build"
  mkdir -p "$build/sysroot"
  for deb in "$@"; do dpkg-deb -x "$deb" "$build/sysroot"; done
  dpkg-source --no-check -x "$dsc" "$build/crun" >"$build/log" 2>&1 || { tail -n 20 "$build/log" >&2; die "cannot unpack $dsc"; }
  adapt_crun "$build/crun/src/libcrun"
  local include=$build/sysroot/usr/include library=$build/sysroot/usr/lib/x86_64-linux-gnu
  say "building crun (log in $build/log)"
  (
    # The prefix map keeps the build directory's name out of the binary: same inputs, same bytes. Joined by &&, since `set -e` has
    # no effect in what stands before ||.
    cd "$build/crun" &&
      ./configure --quiet --disable-systemd --enable-embedded-yajl --disable-dl --disable-criu \
        CPPFLAGS="-I$include" CFLAGS="-O2 -g0 -ffile-prefix-map=$build=." LDFLAGS="-static -L$library" &&
      make -j"$(nproc)" -C libocispec &&
      make git-version.h &&
      make -j"$(nproc)" LDFLAGS="-all-static -L$library" crun
  ) >>"$build/log" 2>&1 || { tail -n 20 "$build/log" >&2; die "cannot build crun from $dsc"; }
  strip -o "$out" "$build/crun/crun"
  [[ $(readelf -lW "$out") != *INTERP* ]] || die "$out needs a dynamic linker, a static crun was wanted"
}

# adapt_crun DIRECTORY: makes of crun 1.8.1 what runc is to programs, in eleven places. Each edit must find its place: a newer crun is looked at again.
adapt_crun() {
  # A user that the image's passwd does not have: HOME is /, as it is without a passwd.
  edit_source "$1/utils.c" 1 '/^set_home_env (/,/^}/ { /errno == ENOENT/ { n; s/return 0;/break;/ } }'
  # A path of /proc that becomes read-only keeps the other flags of /proc.
  edit_source "$1/linux.c" 1 's/MS_BIND | MS_PRIVATE | MS_RDONLY | MS_REC, NULL,$/MS_BIND | MS_PRIVATE | MS_RDONLY | MS_REC | (strncmp (rel_path, "proc\/", 5) == 0 ? MS_NOSUID | MS_NODEV | MS_NOEXEC : 0), NULL,/'
  # A process of an exec leads a session and a process group of its own: crun makes the session before the process has its number in the
  # container, where session and group are 0 then, and `kill -- -$$` finds nobody.
  edit_source "$1/linux.c" 2 '/Inside the grandchild process/,/cleanup_free char/ { /cleanup_free char/ a\
      if (terminal_fd == NULL)\
        setsid ();
  }'
  # An exec joins its container's session keyring, by its name: without one it would share root's with the other containers of the pod. The kernel
  # finds a keyring by its name where the user may search it (0x080000, beside what a new one has; 5 is KEYCTL_SETPERM).
  edit_source "$1/linux.c" 3 '/^libcrun_create_keyring (/,/^}/ { s/^out:$/  if (syscall (__NR_keyctl, 5, ret, 0x3f1b0000) < 0)\
    ret = crun_make_error (err, errno, "set rights of keyring %s", name);\n\n&/ }'
  edit_source "$1/container.c" 3 '/^libcrun_container_exec_with_options (/,/^}/ { s/^  container->context = context;$/&\
  ret = libcrun_create_keyring (id, NULL, err);\
  if (UNLIKELY (ret < 0))\
    return ret;/ }'
  # A call that is newer than the profile does not exist, and is not forbidden.
  cp "$(dirname "${BASH_SOURCE[0]}")/crun_filter.h" "$1/"
  edit_source "$1/seccomp.c" 5 '
    s/^#include "seccomp.h"$/&\n#include "crun_filter.h"/
    s/^  int action, default_action, default_errno_value = EPERM;$/&\n  int known = 0;/
    /^libcrun_generate_seccomp/,/^}/ { /^  for (i = 0; i < seccomp->syscalls_len; i++)$/ {
      n; s/$/\n      known = highest_call (seccomp->syscalls[i]->names, seccomp->syscalls[i]->names_len, known);/
    } }
    s/^      ret = seccomp_export_bpf (ctx, gen_ctx->fd);$/      ret = write_unknown_calls (gen_ctx->fd, default_action, known);\
      if (ret == 0) ret = seccomp_export_bpf (ctx, gen_ctx->fd);/
  '
  # Files on shares of the host's: crun_shares.h tells when they are gone to, and why here.
  cp "$(dirname "${BASH_SOURCE[0]}")/crun_shares.h" "$1/"
  edit_source "$1/container.c" 3 '
    s/^#include "cgroup-utils.h"$/&\n#include "crun_shares.h"/
    /^libcrun_container_create (/,/^}/ { s/^  container->context = context;$/&\n  enter_volumes (def);/ }
    /^exec_process_entrypoint (/,/^}/ { s/^  TEMP_FAILURE_RETRY (read (pipefd1, &own_pid, sizeof (own_pid)));$/&\n  look_at_name_files ();/ }
  '
  edit_source "$1/linux.c" 7 '
    s/^#include "mount_flags.h"$/&\n#include "crun_shares.h"/
    /^prepare_and_send_mount_mounts (/,/^}/ { s/^      if (mount_fds->fds\[i\] < 0 && has_userns && is_bind_mount (def->mounts\[i\]))$/      if (is_inside_volume (def->mounts[i]->source))\
        {\
          mount_fds->fds[i] = tree_inside_volume (def->mounts[i]);\
          if (mount_fds->fds[i] < 0)\
            return crun_make_error (err, errno, "mount of what is in a volume at %s", def->mounts[i]->destination);\
        }\n&/ }'
  # A terminal is its user's, in an exec as well: crun gives it to the user of the container's first process. The node /dev/null, which stands for
  # an input that nobody gives, stays root's, as others use it too.
  edit_source "$1/container.c" 6 '
  s/^#include <sys\/stat.h>$/&\n#include <sys\/sysmacros.h>/
  /^maybe_chown_std_streams (/,/^}/ {
    s/^      if (! isatty (i))$/      struct stat st;\
      gid_t group = isatty (i) ? (gid_t) -1 : container_gid;\
      if (fstat (i, \&st) == 0 \&\& S_ISCHR (st.st_mode) \&\& st.st_rdev == makedev (1, 3))\
        continue;/
    s/fchown (i, container_uid, container_gid);$/fchown (i, container_uid, group);/
  }'
  # A tmpfs for which no mode is asked has that of the directory that it covers; 01755 have those that crun has just made.
  edit_source "$1/linux.c" 7 '/^do_mounts (/,/^}/ s/^              ret = do_mount (container, source, targetfd, target, type, flags, data, label_how, err);$/              struct stat below;\
              char mode[16];\
              if (strcmp (type, "tmpfs") == 0 \&\& fstat (targetfd, \&below) == 0 \&\& (below.st_mode \& 07777) != 01755)\
                {\
                  sprintf (mode, "mode=%o", below.st_mode \& 07777);\
                  data = append_mode_if_missing (data, mode);\
                }\
&/'
  # The kernel's choice among the processes of a container that is out of memory is not to spare what came by an exec. One without /proc has none.
  edit_source "$1/container.c" 2 '/^exec_process_entrypoint (/,/^}/ { s/^  ret = unblock_signals (err);$/  if (libcrun_set_oom (container, err) < 0)\
    crun_error_release (err);\
&/ }'
  # What the kernel refuses to execute is told on the process's standard error.
  cp "$(dirname "${BASH_SOURCE[0]}")/crun_words.h" "$1/"
  edit_source "$1/container.c" 4 's/^#include "cgroup-utils.h"$/&\n#include "crun_words.h"/
    s/crun_make_error (err, errno, "exec container process[^"]*", exec_path);/crun_make_error (err, 0, "exec %s: %s", exec_path, go_error (errno));/
    s/libcrun_fail_with_error (errno, "exec");/libcrun_fail_with_error (0, "exec %s: %s", exec_path, go_error (errno));/'
}

# edit_source FILE LINES SCRIPT: runs sed's script, which must change that many lines.
edit_source() {
  cp "$1" "$1.before"
  sed -i "$3" "$1"
  local changed
  changed=$(diff "$1.before" "$1" | grep -c '^>' || true)
  [[ $changed == "$2" ]] || die "$1 is not as expected: $changed lines instead of $2 are changed by $3"
}
