package io.saya.config;

/**
 * Network devices of the VM.
 *
 * @param disableVhostNet let QEMU move packets itself ({@code disable_vhost_net})
 * @param rxRateLimit bits per second into the guest, 0: none ({@code rx_rate_limiter_max_rate})
 * @param txRateLimit bits per second out of the guest, 0: none ({@code tx_rate_limiter_max_rate})
 * @param queues pairs of queues of a device ({@code network_queues}); 0: one for each virtual CPU
 * @param coldPlug port that takes a passed-through network card before boot ({@code
 *     cold_plug_vfio})
 */
public record NetworkDeviceConfig(
        boolean disableVhostNet,
        long rxRateLimit,
        long txRateLimit,
        int queues,
        VfioPort coldPlug) {}
