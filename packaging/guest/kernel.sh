# shellcheck shell=bash
# Debian's kernel package, taken apart for the guest. Sourced by build.sh.

# extract_vmlinux BZIMAGE VMLINUX: the ELF kernel inside a bzImage. The setup header of the x86 boot protocol says where it
# is (setup_sects at 0x1f1, payload_offset at 0x248, payload_length at 0x24c), its first bytes how it is packed. The last
# four bytes of the payload are its unpacked size.
extract_vmlinux() {
  local image=$1 out=$2 sectors offset length magic size
  sectors=$(od -An -tu1 -j $((0x1f1)) -N1 "$image" | tr -d ' ')
  offset=$(od -An -tu4 -j $((0x248)) -N4 "$image" | tr -d ' ')
  length=$(od -An -tu4 -j $((0x24c)) -N4 "$image" | tr -d ' ')
  (( offset > 0 && length > 8 )) || die "$image is no bzImage of boot protocol 2.08 or later (payload at $offset, $length bytes)"
  offset=$(( (sectors + 1) * 512 + offset ))
  magic=$(od -An -tx1 -j "$offset" -N4 "$image" | tr -d ' ')
  size=$(od -An -tu4 -j $((offset + length - 4)) -N4 "$image" | tr -d ' ')
  dd if="$image" of="$out.packed" bs=1M iflag=skip_bytes,count_bytes skip="$offset" count=$((length - 4)) status=none
  case $magic in
    02214c18) lz4 -q -d -c "$out.packed" > "$out" ;;
    fd377a58) xz -q -d -c "$out.packed" > "$out" ;;
    28b52ffd) zstd -q -d -c "$out.packed" > "$out" ;;
    1f8b*)    gzip -d -c "$out.packed" > "$out" ;;
    *) die "the kernel in $image is packed in a way that is not known here (first bytes $magic)" ;;
  esac
  rm "$out.packed"
  [[ $(stat -c %s "$out") == "$size" ]] || die "unpacking $image gave $(stat -c %s "$out") bytes where its header says $size"
  [[ $(readelf -n "$out") == *0x00000012* ]] || die "the kernel in $image has no PVH entry (CONFIG_PVH), QEMU could not boot its ELF form"
}

# module_file ROOT NAME: path below ROOT of a module, whichever of - and _ its file has.
module_file() {
  find "$1" -name "${2//[-_]/[-_]}.ko" -print -quit
}

# module_closure ROOT NAME...: paths of the modules and all they depend on, each once, what is needed first coming first. Reads
# the depends= field of the modules themselves: the package ships no modules.dep (depmod writes that on installation).
module_closure() {
  local root=$1 name
  shift
  local -A visited=()
  _module_visit() {
    local file depend
    [[ -z ${visited[${1//-/_}]:-} ]] || return 0
    visited[${1//-/_}]=1
    file=$(module_file "$root" "$1")
    [[ -n $file ]] || die "the kernel package has no module '$1' (built in, renamed, or misspelt in packaging/guest/modules)"
    for depend in $(objcopy -O binary --only-section=.modinfo "$file" /dev/stdout | tr '\0' '\n' | sed -n 's/^depends=//p' | tr ',' ' '); do
      _module_visit "$depend"
    done
    printf '%s\n' "$file"
  }
  for name in "$@"; do _module_visit "$name"; done
}
