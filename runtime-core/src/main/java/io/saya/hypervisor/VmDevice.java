package io.saya.hypervisor;

import java.nio.file.Path;

/** A device of the guest. */
public sealed interface VmDevice {

    /**
     * A directory shared by virtio-fs: {@code socket} is where virtiofsd listens, {@code tag} what
     * the guest mounts.
     */
    record VirtioFs(String tag, Path socket, int queueSize, int cacheMib) implements VmDevice {}

    /** A disk: a file or block device on the host. {@code id} is unique in the VM. */
    record Block(String id, Path path, boolean readOnly) implements VmDevice {}
}
