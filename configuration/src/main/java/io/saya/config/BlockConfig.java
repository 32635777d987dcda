package io.saya.config;

/**
 * Disks.
 *
 * @param disableUse a root file system or volume on a block device is shared as files instead of
 *     being passed as a disk ({@code disable_block_device_use})
 * @param driver {@code block_device_driver}: {@code virtio-scsi}, {@code virtio-blk} ...
 * @param aio {@code block_device_aio}: {@code threads}, {@code native} or {@code io_uring}
 * @param cacheSet send the two following to QEMU ({@code block_device_cache_set})
 * @param cacheDirect bypass the host's page cache ({@code block_device_cache_direct})
 * @param cacheNoFlush ignore the guest's flushes ({@code block_device_cache_noflush})
 * @param logicalSectorSize bytes, 0: the device's own ({@code block_device_logical_sector_size})
 * @param physicalSectorSize bytes, 0: the device's own ({@code block_device_physical_sector_size})
 * @param enableIothreads a thread of its own for disk requests ({@code enable_iothreads})
 * @param independentIothreads further threads for disks plugged later ({@code indep_iothreads})
 * @param disableImageNvdimm plug the guest's image as a disk, not as NVDIMM ({@code
 *     disable_image_nvdimm})
 */
public record BlockConfig(
        boolean disableUse,
        String driver,
        String aio,
        boolean cacheSet,
        boolean cacheDirect,
        boolean cacheNoFlush,
        int logicalSectorSize,
        int physicalSectorSize,
        boolean enableIothreads,
        int independentIothreads,
        boolean disableImageNvdimm) {}
