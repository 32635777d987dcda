package io.saya.config;

import java.nio.file.Path;
import java.util.List;

/**
 * Settings of virtiofsd, by which a container's files reach the guest.
 *
 * @param daemon virtiofsd ({@code virtio_fs_daemon})
 * @param cache {@code virtio_fs_cache}: {@code never}, {@code metadata}, {@code auto}, {@code
 *     revalidate} or {@code always}
 * @param cacheSizeMib DAX window in MiB, 0: none ({@code virtio_fs_cache_size})
 * @param queueSize size of the vhost-user queue, a power of two ({@code virtio_fs_queue_size})
 * @param rootfsUpper {@code rootfs_upper}
 * @param extraArguments further arguments of virtiofsd ({@code virtio_fs_extra_args})
 */
public record SharedFsConfig(
        Path daemon,
        String cache,
        int cacheSizeMib,
        int queueSize,
        RootfsUpper rootfsUpper,
        List<String> extraArguments) {

    /** Places for what a container writes to its root file system. */
    public enum RootfsUpper {
        /** {@code DISK} for containers of a pod, {@code SHARE} for those started alone. */
        AUTO,
        /** A file system of the guest's own, in a file in the snapshot. */
        DISK,
        /** The snapshot itself, by the shared file system. */
        SHARE,
        /** The guest's memory; it is gone with the container. */
        TMPFS
    }

    public SharedFsConfig {
        extraArguments = List.copyOf(extraArguments);
    }
}
