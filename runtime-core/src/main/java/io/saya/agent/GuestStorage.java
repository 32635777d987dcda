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
 * @param files all that the mount point is to hold, each directory before what is in it; only of
 *     the driver {@code files}
 */
public record GuestStorage(
        String driver,
        List<String> driverOptions,
        String source,
        String type,
        List<String> options,
        String mountPoint,
        List<GuestFile> files) {

    public GuestStorage {
        driverOptions = List.copyOf(driverOptions);
        options = List.copyOf(options);
        files = List.copyOf(files);
    }

    /** A file system that the guest mounts. */
    public GuestStorage(
            String driver,
            List<String> driverOptions,
            String source,
            String type,
            List<String> options,
            String mountPoint) {
        this(driver, driverOptions, source, type, options, mountPoint, List.of());
    }

    /**
     * A directory with files that come from here; needs an agent that {@linkplain
     * AgentTrait#KEEPS_FILES keeps files}.
     */
    public static GuestStorage ofFiles(String mountPoint, List<GuestFile> files) {
        return new GuestStorage("files", List.of(), "files", "files", List.of(), mountPoint, files);
    }
}
