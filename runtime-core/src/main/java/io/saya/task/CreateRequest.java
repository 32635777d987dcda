package io.saya.task;

import io.saya.event.RootfsMount;
import io.saya.event.TaskIo;
import java.nio.file.Path;
import java.util.List;

/**
 * What containerd's Create says of a container that is to be made.
 *
 * @param id the container's id
 * @param bundle the directory with {@code config.json}
 * @param rootfs mounts that make the root file system, in order; empty: the specification's root is
 *     used as it is
 * @param io its first process's streams
 */
public record CreateRequest(String id, Path bundle, List<RootfsMount> rootfs, TaskIo io) {

    public CreateRequest {
        rootfs = List.copyOf(rootfs);
    }
}
