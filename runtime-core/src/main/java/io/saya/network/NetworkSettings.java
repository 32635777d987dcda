package io.saya.network;

import io.saya.config.HypervisorConfig;
import io.saya.config.RuntimeConfig;
import io.saya.config.RuntimeSettings.InternetworkingModel;
import io.saya.config.VfioPort;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The settings by which pods' interfaces are joined to VMs.
 *
 * @param queues pairs of a card
 * @param vhost whether the host's kernel moves the packets
 * @param rxRate bits per second into the guest; 0: no limit
 * @param txRate bits per second out of the guest; 0: no limit
 * @param ipv6 whether the guest's kernel speaks IPv6
 * @param passThrough whether an interface that is a PCI device is given to the guest as it is
 */
public record NetworkSettings(
        InternetworkingModel model,
        int queues,
        boolean vhost,
        long rxRate,
        long txRate,
        boolean ipv6,
        boolean passThrough) {

    /** Without passing through. */
    NetworkSettings(
            InternetworkingModel model,
            int queues,
            boolean vhost,
            long rxRate,
            long txRate,
            boolean ipv6) {
        this(model, queues, vhost, rxRate, txRate, ipv6, false);
    }

    private static final Path VHOST_NET = Path.of("/dev/vhost-net");

    /** As many descriptors as a start can pass to QEMU allow this many queues in four cards. */
    private static final int QUEUE_LIMIT = 8;

    /** Returns the settings of a configuration, on this host. */
    public static NetworkSettings of(RuntimeConfig config) {
        return new NetworkSettings(
                config.runtime().network().model(),
                queues(config.hypervisor()),
                !config.hypervisor().network().disableVhostNet() && Files.exists(VHOST_NET),
                config.hypervisor().network().rxRateLimit(),
                config.hypervisor().network().txRateLimit(),
                speaksIpv6(config.hypervisor().guest().kernelParameters()),
                config.hypervisor().network().coldPlug() != VfioPort.NO_PORT);
    }

    private static int queues(HypervisorConfig hypervisor) {
        int wanted = hypervisor.network().queues();
        return Math.min(QUEUE_LIMIT, wanted > 0 ? wanted : hypervisor.cpu().bootVcpus());
    }

    private static boolean speaksIpv6(List<String> kernelParameters) {
        for (String word : kernelParameters) {
            if (word.equals("ipv6.disable=1")) {
                return false;
            }
        }
        return true;
    }
}
