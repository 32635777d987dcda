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
