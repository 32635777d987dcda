package io.saya.hypervisor;

/**
 * Disks that are plugged while the guest runs: how many at once, and how the VMM serves them.
 *
 * @param threads that the VMM has for their requests; 0: its main one does them
 * @param aio how requests are done: "threads", "native" or "io_uring"
 */
public record DiskPlan(
        Places places, int threads, String aio, Cache cache, Sectors sectors, Queues queues) {

    /**
     * How many there may be at once, 0 to 20 in all; each place costs the boot some 10 ms under
     * emulation.
     *
     * @param ofContainers for disks that containers have
     * @param ofSwap for those that the guest swaps to
     */
    public record Places(int ofContainers, int ofSwap) {

        /** Of either kind. */
        public int all() {
            return ofContainers + ofSwap;
        }
    }

    /** What becomes of what the guest writes: past the host's page cache, without flushes. */
    public record Cache(boolean direct, boolean noFlush) {}

    /** Sizes of sectors in bytes; 0: the device's own. */
    public record Sectors(int logical, int physical) {}

    /** How many queues a disk has, and how many requests each takes; 0: the VMM's own choice. */
    public record Queues(int count, int entries) {}

    /** Places for disks of containers that the VMM serves as it does without a word. */
    public static DiskPlan ofPlaces(int places) {
        return new DiskPlan(
                new Places(places, 0),
                0,
                "threads",
                new Cache(false, false),
                new Sectors(0, 0),
                new Queues(0, 0));
    }
}
