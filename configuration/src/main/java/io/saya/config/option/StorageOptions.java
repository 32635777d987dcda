package io.saya.config.option;

import io.saya.config.GuestExtension;
import io.saya.config.RootImage;
import io.saya.config.SharedFsConfig.RootfsUpper;
import java.nio.file.Path;
import java.util.List;

/** {@code [hypervisor.qemu]}: the shared file system and disks. */
public final class StorageOptions {

    private static final Rows ROWS = new Rows(Section.HYPERVISOR);
    private static final String NO_SPDK = "vhost-user disks are not passed to the guest";

    public static final Option<String> SHARED_FS =
            ROWS.row(
                            "shared_fs",
                            Rows.oneOf("virtio-fs")
                                    .refused("none", "files are not copied into the guest")
                                    .refused("virtio-9p", "9p is slow and not fully POSIX")
                                    .refused("virtio-fs-nydus", "nydus images are not supported")
                                    .refused("inline-virtio-fs", "QEMU has no built-in virtio-fs"),
                            "virtio-fs")
                    .annotated()
                    .help("How the container's files reach the guest.");

    public static final Option<RootfsUpper> ROOTFS_UPPER =
            ROWS.row(
                            "rootfs_upper",
                            new ChoiceType<RootfsUpper>()
                                    .word("auto", RootfsUpper.AUTO)
                                    .word("disk", RootfsUpper.DISK)
                                    .word("share", RootfsUpper.SHARE)
                                    .word("tmpfs", RootfsUpper.TMPFS),
                            RootfsUpper.AUTO)
                    .known(Option.Known.OURS)
                    .annotated()
                    .help(
                            "Where a container's writes to its root file system go. \"disk\": to an"
                                    + " ext4 of the guest's own, in a sparse file in the snapshot:"
                                    + " quick, and complete (ACLs, flags of files,"
                                    + " overlays), but the host sees a file, not files. \"share\":"
                                    + " to the snapshot, where docker cp, commit and diff look."
                                    + " \"tmpfs\": to the guest's memory. \"auto\": \"disk\" for"
                                    + " containers of a pod, \"share\" for others. Needs the"
                                    + " default guest and an overlay snapshotter, else \"share\".");

    public static final Option<Path> VIRTIO_FS_DAEMON =
            ROWS.optionalPath("virtio_fs_daemon")
                    .computed(
                            "/usr/libexec/virtiofsd, else /usr/lib/qemu/virtiofsd",
                            Path.of("/usr/libexec/virtiofsd"))
                    .annotated()
                    .allowedBy("valid_virtio_fs_daemon_paths")
                    .mustBe(PathCheck.EXECUTABLE)
                    .help(
                            "The virtiofsd binary; QEMU's own (in C) and the newer one (in Rust)"
                                    + " both do.");

    public static final Option<List<String>> VALID_VIRTIO_FS_DAEMON_PATHS =
            ROWS.texts("valid_virtio_fs_daemon_paths", List.of())
                    .computed("[virtio_fs_daemon]", List.of("/usr/libexec/virtiofsd"))
                    .help("Globs. A virtiofsd named by an annotation must match one of them.");

    public static final Option<String> VIRTIO_FS_CACHE =
            ROWS.row(
                            "virtio_fs_cache",
                            Rows.oneOf("never", "metadata", "auto", "revalidate", "always")
                                    .synonym("none", "never"),
                            "revalidate")
                    .annotated()
                    .help(
                            "What the guest may cache of the shared files. \"auto\" reads a file"
                                    + " again from the host whenever it is opened; \"revalidate\""
                                    + " only if its time or size has changed, which is looked at"
                                    + " once a second (needs QEMU's own virtiofsd, the one in Rust"
                                    + " takes it as \"auto\"); \"always\" does not look.");

    public static final Option<Long> VIRTIO_FS_CACHE_SIZE =
            ROWS.count("virtio_fs_cache_size", 0, 0, "MiB")
                    .annotated()
                    .refused("upstream QEMU has no such window for virtio-fs")
                    .help("Window for mapping files into the guest (DAX); 0: none.");

    public static final Option<Long> VIRTIO_FS_QUEUE_SIZE =
            ROWS.row(
                            "virtio_fs_queue_size",
                            new IntegerType(1, 1024, "entries", IntegerType.Shape.POWER_OF_TWO),
                            1024L)
                    .help("Size of the queue between guest and virtiofsd.");

    public static final Option<List<String>> VIRTIO_FS_EXTRA_ARGS =
            ROWS.texts("virtio_fs_extra_args", List.of())
                    .neutral(List.of("--thread-pool-size=1", "--announce-submounts"))
                    .annotated()
                    .help(
                            "Further arguments of virtiofsd. As an annotation: a JSON array of"
                                    + " strings, appended to those of the file. \"--no-xattr\""
                                    + " turns extended attributes off. \"flock\" and"
                                    + " \"posix_lock\" are refused: a lock that has to wait would"
                                    + " fail.");

    public static final Option<Boolean> VIRTIO_FS_IS_DAX =
            ROWS.flag("virtio_fs_is_dax", false)
                    .known(Option.Known.RUST)
                    .refused("upstream QEMU has no such window for virtio-fs")
                    .help("Map files into the guest.");

    public static final Option<Long> MSIZE_9P =
            ROWS.count("msize_9p", 8192, 1, "bytes")
                    .known(Option.Known.GO)
                    .annotated()
                    .withoutEffect("files are shared by virtio-fs, not by 9p")
                    .help("Packet size of 9p.");

    public static final Option<Boolean> DISABLE_BLOCK_DEVICE_USE =
            ROWS.flag("disable_block_device_use", true)
                    .annotated()
                    .help(
                            "false: a root file system on a block device, or in a file that is to"
                                    + " be mounted by loop, is passed to the guest as a disk"
                                    + " (virtio-blk) and mounted there. Each place for one costs"
                                    + " each boot a little; pcie_root_port says how many there"
                                    + " are. true: devices are mounted on the host and shared.");

    public static final Option<String> BLOCK_DEVICE_DRIVER =
            ROWS.row(
                            "block_device_driver",
                            Rows.oneOf(
                                            "virtio-scsi",
                                            "virtio-blk",
                                            "virtio-mmio",
                                            "nvdimm",
                                            "virtio-blk-ccw")
                                    .synonym("virtio-blk-pci", "virtio-blk")
                                    .synonym("virtio-blk-mmio", "virtio-mmio")
                                    .synonym("virtio-pmem", "nvdimm"),
                            "virtio-scsi")
                    .neutral("virtio-blk")
                    .annotated()
                    .withoutEffect("a disk is always virtio-blk")
                    .help("Device that a disk is plugged as.");

    public static final Option<String> BLOCK_DEVICE_AIO =
            ROWS.row("block_device_aio", Rows.oneOf("threads", "native", "io_uring"), "threads")
                    .annotated()
                    .help(
                            "How QEMU does the requests of disks that are passed to the guest."
                                    + " \"native\" bypasses the host's page cache; \"io_uring\""
                                    + " needs a kernel that has it and allows it.");

    public static final Option<Boolean> BLOCK_DEVICE_CACHE_SET =
            ROWS.flag("block_device_cache_set", false)
                    .annotated()
                    .help(
                            "The two following options count, for disks that are passed to the guest.");

    public static final Option<Boolean> BLOCK_DEVICE_CACHE_DIRECT =
            ROWS.flag("block_device_cache_direct", false)
                    .annotated()
                    .help("Bypass the host's page cache.");

    public static final Option<Boolean> BLOCK_DEVICE_CACHE_NOFLUSH =
            ROWS.flag("block_device_cache_noflush", false)
                    .annotated()
                    .help("Ignore the guest's requests to flush.");

    public static final Option<Long> BLOCK_DEVICE_LOGICAL_SECTOR_SIZE =
            ROWS.row("block_device_logical_sector_size", sectorSize(), 0L)
                    .annotated("blk_logical_sector_size")
                    .help("Logical sector size of disks; 0: the device's own.");

    public static final Option<Long> BLOCK_DEVICE_PHYSICAL_SECTOR_SIZE =
            ROWS.row("block_device_physical_sector_size", sectorSize(), 0L)
                    .annotated("blk_physical_sector_size")
                    .help("Physical sector size of disks; 0: the device's own.");

    public static final Option<Boolean> ENABLE_IOTHREADS =
            ROWS.flag("enable_iothreads", false)
                    .annotated()
                    .help(
                            "A thread of QEMU's own for the requests of disks that are passed to"
                                    + " the guest, instead of the one that does all else.");

    public static final Option<Long> INDEP_IOTHREADS =
            ROWS.count("indep_iothreads", 0, 0, 50, "threads")
                    .annotated()
                    .help(
                            "So many of them, which the disks have in turn; 0: as enable_iothreads"
                                    + " says.");

    public static final Option<Long> QUEUE_SIZE =
            ROWS.count("queue_size", 0, 0, 1024, "entries")
                    .known(Option.Known.RUST)
                    .annotated("block_device_queue_size")
                    .help(
                            "Size of the queues of a disk that is passed to the guest; 0: QEMU's"
                                    + " own.");

    public static final Option<Long> NUM_QUEUES =
            ROWS.count("num_queues", 0, 0, 256, "queues")
                    .known(Option.Known.RUST)
                    .annotated("block_device_num_queues")
                    .help(
                            "Queues of a disk that is passed to the guest; 0: one for each virtual"
                                    + " CPU.");

    public static final Option<Boolean> DISABLE_IMAGE_NVDIMM =
            ROWS.flag("disable_image_nvdimm", true)
                    .annotated()
                    .help(
                            "Plug the image as vm_rootfs_driver says, a disk where it says nothing,"
                                    + " and not as NVDIMM. false: as NVDIMM, which guests read"
                                    + " straight from the host's page cache; their kernel needs"
                                    + " CONFIG_ACPI_NFIT and CONFIG_BLK_DEV_PMEM, and the image a"
                                    + " size that is a multiple of 2 MiB.");

    public static final Option<RootImage.Device> VM_ROOTFS_DRIVER =
            ROWS.row(
                            "vm_rootfs_driver",
                            new ChoiceType<RootImage.Device>()
                                    .word("virtio-blk-pci", RootImage.Device.DISK)
                                    .word("virtio-pmem", RootImage.Device.PMEM)
                                    .refused("virtio-blk-mmio", "the machine has PCI"),
                            RootImage.Device.DISK)
                    .known(Option.Known.RUST)
                    .help(
                            "Device that the image is plugged as. \"virtio-pmem\": read straight"
                                    + " from the host's page cache; the guest's kernel needs"
                                    + " CONFIG_VIRTIO_PMEM, and the image a size that is a multiple"
                                    + " of 2 MiB.");

    public static final Option<List<GuestExtension>> GUEST_EXTENSION_IMAGES =
            ROWS.row("guest_extension_images", new ExtensionsType(), List.<GuestExtension>of())
                    .help(
                            "Further read-only images, each a table with name, path and"
                                    + " verity_params: disks with the serial extension-NAME, which"
                                    + " the systemd of Kata's newer images mounts.");

    public static final Option<Boolean> ENABLE_VHOST_USER_STORE =
            ROWS.flag("enable_vhost_user_store", false)
                    .annotated()
                    .refused(NO_SPDK)
                    .help("Disks served by another process (SPDK).");

    public static final Option<Path> VHOST_USER_STORE_PATH =
            ROWS.path("vhost_user_store_path", "/var/run/kata-containers/vhost-user")
                    .annotated()
                    .allowedBy("valid_vhost_user_store_paths")
                    .withoutEffect(NO_SPDK)
                    .help("Directory of their sockets and device nodes.");

    public static final Option<List<String>> VALID_VHOST_USER_STORE_PATHS =
            ROWS.texts("valid_vhost_user_store_paths", List.of())
                    .computed(
                            "[vhost_user_store_path]",
                            List.of("/var/run/kata-containers/vhost-user"))
                    .neutral(List.of("/var/run/kata-containers/vhost-user"))
                    .withoutEffect(NO_SPDK)
                    .help("Globs. A directory named by an annotation must match one of them.");

    public static final Option<Long> VHOST_USER_RECONNECT_TIMEOUT_SEC =
            ROWS.count("vhost_user_reconnect_timeout_sec", 0, 0, "seconds")
                    .known(Option.Known.GO)
                    .annotated()
                    .withoutEffect(NO_SPDK)
                    .help("Pause before QEMU connects again; 0: it does not.");

    private static IntegerType sectorSize() {
        return new IntegerType(512, 65536, "bytes", IntegerType.Shape.POWER_OF_TWO_OR_ZERO);
    }

    private StorageOptions() {}

    static List<Option<?>> rows() {
        return ROWS.rows();
    }
}
