package io.saya.agent;

import java.util.List;

/**
 * A file system that the agent mounts for a container before it makes it, in the words of the
 * protocol's {@code Storage}; those of one container are mounted in their order and unmounted in
 * the opposite one.
 *
 * @param driver which of the agent's handlers mounts it, such as {@code overlayfs}
 * @param driverOptions words for the handler
 * @param source what is mounted, as the guest names it
 * @param type file system type
 * @param options as in mount(8)
 * @param mountPoint absolute path in the guest
 */
public record GuestStorage(
        String driver,
        List<String> driverOptions,
        String source,
        String type,
        List<String> options,
        String mountPoint) {

    public GuestStorage {
        driverOptions = List.copyOf(driverOptions);
        options = List.copyOf(options);
    }
}
