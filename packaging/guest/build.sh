#!/usr/bin/env bash
# Builds the default guest: Debian's cloud kernel as an uncompressed ELF file and an initrd with the agent, busybox and crun.
# Same inputs, same bytes: the manifest beside the results names the inputs. README.md explains the choices.
set -euo pipefail
export LC_ALL=C TZ=UTC
umask 022
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../lib/debian.sh"
source "$here/kernel.sh"
source "$here/crun.sh"

usage() {
  cat <<'EOF'
usage: packaging/guest/build.sh [--out DIR] [--cache DIR] [--init FILE] [--refresh]

  --out DIR    where vmlinux, saya-initrd.img, modules and guest.manifest go (default: packaging/target/saya/share/saya)
  --cache DIR  downloads and intermediate results (default: packaging/target/cache)
  --init FILE  a static program to be the guest's /init instead of the agent built from packaging/guest/agent
  --refresh    look for newer Debian packages; otherwise those of the last build are used again
EOF
}

out=$here/../target/saya/share/saya
cache=$here/../target/cache
init=
refresh=0
while (( $# )); do
  case $1 in
    --out) out=${2:?--out wants a directory}; shift 2 ;;
    --cache) cache=${2:?--cache wants a directory}; shift 2 ;;
    --init) init=${2:?--init wants a file}; shift 2 ;;
    --refresh) refresh=1; shift ;;
    -h|--help) usage; exit 0 ;;
    *) usage >&2; die "unknown argument '$1'" ;;
  esac
done
mkdir -p "$out" "$cache"
out=$(cd "$out" && pwd)
cache=$(cd "$cache" && pwd)
# Every file of the image carries this time; it is an input like any other (seconds since 1970).
: "${SOURCE_DATE_EPOCH:=1767225600}"

need_packages binutils cpio dpkg-dev gcc kmod libc6-dev lz4 make xz-utils zstd

# ---- 1. inputs: what Debian has, remembered so that a second build needs no network --------------------------------
inputs=$cache/guest-inputs
resolve_inputs() {
  local debs=$cache/debs image
  debian_index
  image=$(apt-cache depends linux-image-cloud-amd64 | awk '$1 == "Depends:" && $2 ~ /^linux-image-/ && !seen++ {print $2}')
  [[ -n $image ]] || die "apt knows no linux-image-cloud-amd64; is Debian's main archive among its sources?"
  {
    printf 'kernel %s\n' "$(debian_binary "$image" "$debs")"
    printf 'busybox %s\n' "$(debian_binary busybox-static "$debs")"
    printf 'crun %s\n' "$(debian_source crun "$debs")"
    printf 'seccomp %s\n' "$(debian_binary libseccomp-dev "$debs")"
    printf 'cap %s\n' "$(debian_binary libcap-dev "$debs")"
  } > "$inputs.new"
  mv "$inputs.new" "$inputs"
}
input() { awk -v name="$1" '$1 == name {print $2}' "$inputs"; }
inputs_present() {
  local name file
  [[ -s $inputs ]] || return 1
  while read -r name file; do [[ -f $file ]] || return 1; done < "$inputs"
}
if (( refresh )) || ! inputs_present; then resolve_inputs; fi

# ---- 2. the agent ---------------------------------------------------------------------------------------------------
if [[ -z $init ]]; then
  need_packages libprotobuf-c-dev libprotobuf-dev libyajl-dev protobuf-c-compiler
  make -s -C "$here/agent" OUT="$cache/agent" BUILD="$cache/agent/build" >&2 || die "cannot build the agent in $here/agent"
  init=$cache/agent/saya-agent
fi
[[ -f $init ]] || die "there is no agent at $init"
[[ $(readelf -lW "$init") != *INTERP* ]] || die "$init is linked dynamically, the guest has no libraries: link it with -static"

# ---- 3. is there anything to do? --------------------------------------------------------------------------------
mapfile -t input_files < <(awk '{print $2}' "$inputs")
mapfile -t own_files < <(find "$here/build.sh" "$here/kernel.sh" "$here/crun.sh" "$here"/crun_*.h "$here/modules" "$here/rootfs" -type f | sort)
key=$( (cat "${input_files[@]}" "$init" "${own_files[@]}"; echo "$SOURCE_DATE_EPOCH") | sha256sum | cut -c1-64)
if [[ -f $out/vmlinux && -f $out/saya-initrd.img && -d $out/modules && $(sed -n 's/^inputs-sha256 //p' "$out/guest.manifest" 2>/dev/null) == "$key" ]]; then
  say "nothing changed, $out is up to date"
  exit 0
fi

# ---- 4. kernel ------------------------------------------------------------------------------------------------------
work=$(mktemp -d "$cache/guest.XXXXXX")
trap 'rm -rf "$work"' EXIT
say "unpacking $(basename "$(input kernel)")"
dpkg-deb -x "$(input kernel)" "$work/kernel"
release=$(basename "$work"/kernel/lib/modules/*)
extract_vmlinux "$work/kernel/boot/vmlinuz-$release" "$work/vmlinux"

# ---- 5. crun, built once for each version of its sources and of the libraries ------------------------------------------
crun=$cache/crun-$(cat "$(input crun)" "$(input seccomp)" "$(input cap)" "$here/crun.sh" "$here"/crun_*.h | sha256sum | cut -c1-16)
if [[ ! -x $crun ]]; then
  build_crun "$(input crun)" "$cache/crun-build" "$crun.new" "$(input seccomp)" "$(input cap)"
  mv "$crun.new" "$crun"
  rm -rf "$cache/crun-build"
fi

# ---- 6. the root file system ----------------------------------------------------------------------------------------
say "assembling the image"
root=$work/root
install -d -m 755 "$root"/{bin,dev,etc,lib,lib/modules,mnt,proc,root,run,sys,usr,usr/bin,var}
install -d -m 1777 "$root/tmp"
ln -s bin "$root/sbin"
ln -s ../run "$root/var/run"
cp -r "$here/rootfs/." "$root/"
install -m 755 "$init" "$root/init"
install -m 755 "$crun" "$root/usr/bin/crun"
dpkg-deb -x "$(input busybox)" "$work/busybox"
install -m 755 "$work/busybox/bin/busybox" "$root/bin/busybox"
# Each link costs a little of every boot: only what an operator's debug shell wants (`busybox NAME` still gives the rest).
for applet in cat df dmesg free hexdump ip kill ls mount mountpoint ps sh sleep top umount; do
  ln -s busybox "$root/bin/$applet"
done

# Modules lie flat and without Debian's signature (stripping removes it): the kernel would check 17 RSA signatures on every boot,
# of files that come from the same place as the kernel itself.
modules=$work/kernel/lib/modules/$release
mapfile -t first < <(awk '$1 == "first" {print $2}' "$here/modules")
mapfile -t later < <(awk '$1 == "later" {print $2}' "$here/modules")
mapfile -t demand < <(awk '$1 == "demand" {print $2}' "$here/modules")
module_closure "$modules" "${first[@]}" > "$work/first"
module_closure "$modules" "${first[@]}" "${later[@]}" > "$work/started"
module_closure "$modules" "${first[@]}" "${later[@]}" "${demand[@]}" > "$work/all"
while read -r file; do
  strip --strip-debug -o "$root/lib/modules/$(basename "$file")" "$file"
done < "$work/all"
sed 's|.*/|/lib/modules/|' "$work/first" > "$root/lib/modules/order"
grep -v -x -F -f "$work/first" "$work/started" | sed 's|.*/|/lib/modules/|' > "$root/lib/modules/later"

# ---- 7. all other modules: beside the kernel, shared with guests as they are, and read by those that ask for one -----------------
say "preparing the modules for demand"
tree=$work/demand
install -d -m 755 "$tree/lib/modules"
mv "$modules" "$tree/lib/modules/$release"
find "$tree" -name '*.ko' -print0 | xargs -0 strip --strip-debug
depmod -b "$tree" "$release"
chmod -R go-w "$tree"
find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
tree_sum=$(cd "$tree/lib/modules" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-64)

# ---- 8. pack: sorted names, one time stamp, owner root, inode numbers by position --------------------------------------
chmod -R go-w "$root"
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
(cd "$root" && find . -mindepth 1 | sort | cpio --quiet --reproducible -R 0:0 -H newc -o) > "$work/initrd"

# ---- 9. hand over ---------------------------------------------------------------------------------------------------
{
  echo "inputs-sha256 $key"
  echo "kernel-release $release"
  while read -r name file; do echo "input $name $(basename "$file") $(sha256sum "$file" | cut -c1-64)"; done < "$inputs"
  echo "input agent $(sha256sum "$init" | cut -c1-64)"
  echo "output vmlinux $(sha256sum "$work/vmlinux" | cut -c1-64)"
  echo "output modules $tree_sum"
  echo "output saya-initrd.img $(sha256sum "$work/initrd" | cut -c1-64)"
} > "$work/manifest"
rm -f "$out/guest.manifest"   # last in, first out: whoever finds a manifest finds what it describes
install -m 644 "$work/vmlinux" "$out/vmlinux"
install -m 644 "$work/initrd" "$out/saya-initrd.img"
rm -rf "$out/modules"
mv "$tree/lib/modules" "$out/modules"
install -m 644 "$work/manifest" "$out/guest.manifest"
say "kernel $release, image $(stat -c %s "$out/saya-initrd.img") bytes, in $out"
