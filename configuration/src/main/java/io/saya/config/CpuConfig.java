package io.saya.config;

/**
 * Virtual CPUs.
 *
 * @param defaultVcpus at boot, before the workload's own are added ({@code default_vcpus}); a
 *     fraction counts towards the sum of all and is rounded up once, at the end; greater than 0
 * @param maxVcpus ceiling that hot-plug can reach ({@code default_maxvcpus}), 1 to 240, never less
 *     than the CPUs at boot
 * @param overheadVcpus of a statically sized machine, added to what its containers may use instead
 *     of {@code defaultVcpus} ({@code overhead_vcpus}); 0: see there
 */
public record CpuConfig(double defaultVcpus, int maxVcpus, double overheadVcpus) {

    /** More than this QEMU's machines do not take (Kata's ceiling for amd64). */
    public static final int CEILING = 240;

    public CpuConfig {
        if (!(defaultVcpus > 0) || maxVcpus < 1 || maxVcpus > CEILING || maxVcpus < defaultVcpus) {
            throw new IllegalArgumentException(
                    "vCPUs: default " + defaultVcpus + ", ceiling " + maxVcpus);
        }
    }

    /** Virtual CPUs of the machine at boot. */
    public int bootVcpus() {
        return (int) Math.ceil(defaultVcpus);
    }
}
