package io.saya.config;

/**
 * Disks that are passed to the guest while it runs: how many at once, and how QEMU serves them.
 *
 * @param places for how many the VM has a place ({@code pcie_root_port}); 0: none are passed to the
 *     guest ({@code disable_block_device_use})
 * @param threads that QEMU has for their requests ({@code enable_iothreads}, {@code
 *     indep_iothreads}); 0: its main one does them
 * @param aio how QEMU does their requests ({@code block_device_aio}): "threads", "native" or
 *     "io_uring"
 */
public record DiskConfig(
        int places, int threads, String aio, Cache cache, Sectors sectors, Queues queues) {

    /**
     * What becomes of what the guest writes ({@code block_device_cache_*}).
     *
     * @param direct whether the host's page cache is bypassed
     * @param noFlush whether flushes of the guest are ignored: a host that dies takes what it had
     *     not written with it
     */
    public record Cache(boolean direct, boolean noFlush) {}

    /** Sizes of sectors in bytes ({@code block_device_*_sector_size}); 0: the device's own. */
    public record Sectors(int logical, int physical) {}

    /**
     * A disk's queues.
     *
     * @param count how many ({@code num_queues}); 0: one for each virtual CPU
     * @param entries how many requests each takes ({@code queue_size}); 0: QEMU's own
     */
    public record Queues(int count, int entries) {}
}
