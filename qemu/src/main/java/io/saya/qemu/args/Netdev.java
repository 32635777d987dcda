package io.saya.qemu.args;

import java.util.List;
import java.util.Optional;

/**
 * {@code -netdev tap}: a tap interface that QEMU inherits.
 *
 * @param descriptor the name of the tap's descriptor, see {@code SpawnSpec.argv}
 * @param vhostDescriptor that of {@code /dev/vhost-net}, if the kernel is to move the packets
 */
public record Netdev(String id, String descriptor, Optional<String> vhostDescriptor)
        implements Argument {
    @Override
    public List<String> words() {
        Options options = Options.of("tap").with("id", id).withDescriptor("fd", descriptor);
        if (vhostDescriptor.isPresent()) {
            options.with("vhost", true).withDescriptor("vhostfd", vhostDescriptor.get());
        }
        return List.of("-netdev", options.toString());
    }
}
