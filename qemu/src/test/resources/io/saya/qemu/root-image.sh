#!/bin/bash
# root-image.sh PRODUCT DIRECTORY: makes an initrd, initrd.img, that mounts the root of the kernel's command line as the
# kernel would (whose modules for disks are none of its own), says what is in it, and powers off; and an ext4, whole.img.
set -euo pipefail
share=$1/share/saya
cd "$2"
mkdir -p from initrd/bin initrd/proc initrd/sys initrd/dev initrd/mnt initrd/modules files
(cd from && cpio --quiet -idm < "$share/saya-initrd.img")
cp from/bin/busybox initrd/bin/
kernel=$(echo "$share"/modules/*/kernel)
number=10
for module in from/lib/modules/virtio_{ring,pci_modern_dev,pci_legacy_dev}.ko from/lib/modules/virtio{,_pci,_blk}.ko \
    "$kernel"/drivers/nvdimm/{libnvdimm,nd_btt}.ko "$kernel/drivers/acpi/nfit/nfit.ko" \
    "$kernel"/drivers/nvdimm/{nd_virtio,virtio_pmem,nd_pmem}.ko; do
  cp "$module" "initrd/modules/$number-${module##*/}"
  number=$((number + 1))
done
cat > initrd/init <<'INIT'
#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs devtmpfs /dev
for module in /modules/*; do $b insmod "$module"; done
for word in $($b cat /proc/cmdline); do
  case $word in root=*) root=${word#root=} ;; rootfstype=*) type=${word#rootfstype=} ;; esac
done
i=0
while [ $i -lt 100 ] && [ ! -e "$root" ]; do $b usleep 50000; i=$((i + 1)); done
$b mount -t "$type" -o ro "$root" /mnt
echo "root $root $type says $($b cat /mnt/hello)"
$b dd if=/dev/zero of="$root" bs=512 count=1 2> /dev/null
$b poweroff -f
INIT
chmod 755 initrd/init
(cd initrd && find . | cpio --quiet -o -H newc > ../initrd.img)
echo hello > files/hello
truncate -s 8M whole.img
PATH=$PATH:/sbin:/usr/sbin mkfs.ext4 -q -d files whole.img
