package io.saya.qemu.args;

import java.util.List;

/**
 * {@code -netdev tap}: an existing tap interface in QEMU's network namespace.
 *
 * @param interfaceName the tap's name
 * @param vhost whether the kernel moves the packets (vhost-net)
 * @param queues pairs of queues; the tap must have been made for several if more than one
 */
public record Netdev(String id, String interfaceName, boolean vhost, int queues)
        implements Argument {
    @Override
    public List<String> words() {
        Options options =
                Options.of("tap")
                        .with("id", id)
                        .with("ifname", interfaceName)
                        .with("script", "no")
                        .with("downscript", "no")
                        .with("vhost", vhost);
        if (queues > 1) {
            options.with("queues", queues);
        }
        return List.of("-netdev", options.toString());
    }
}
