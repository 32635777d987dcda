package io.saya.qemu.args;

import java.util.List;

/**
 * {@code -netdev tap}: a tap interface that QEMU inherits.
 *
 * @param descriptors the names of the tap's descriptors, one for each queue, see {@code
 *     SpawnSpec.argv}
 * @param vhostDescriptors those of {@code /dev/vhost-net}, as many, or none if the kernel is not to
 *     move the packets
 */
public record Netdev(String id, List<String> descriptors, List<String> vhostDescriptors)
        implements Argument {

    public Netdev {
        descriptors = List.copyOf(descriptors);
        vhostDescriptors = List.copyOf(vhostDescriptors);
    }

    @Override
    public List<String> words() {
        boolean several = descriptors.size() > 1;
        Options options =
                Options.of("tap")
                        .with("id", id)
                        .withDescriptors(several ? "fds" : "fd", descriptors);
        if (!vhostDescriptors.isEmpty()) {
            options.with("vhost", true)
                    .withDescriptors(several ? "vhostfds" : "vhostfd", vhostDescriptors);
        }
        return List.of("-netdev", options.toString());
    }
}
