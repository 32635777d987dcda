package io.saya.agent;

import java.util.List;

/**
 * What the agent needs to know to make the sandbox.
 *
 * @param sandboxId the sandbox's id
 * @param hostname host name of the guest, cut to 64 characters; may be empty
 * @param dns lines of the pod's {@code resolv.conf}
 * @param share the directory that host and guest share
 * @param shmMount where the sandbox's {@code /dev/shm} goes
 * @param kernelModules modules with their parameters, one line each
 * @param guestHookPath directory of hooks in the guest; empty: none
 */
public record SandboxSetup(
        String sandboxId,
        String hostname,
        List<String> dns,
        Share share,
        String shmMount,
        List<String> kernelModules,
        String guestHookPath) {

    /**
     * A directory that host and guest share.
     *
     * @param tag its virtio-fs tag
     * @param mountPoint where the guest mounts it
     */
    public record Share(String tag, String mountPoint) {}

    public SandboxSetup {
        dns = List.copyOf(dns);
        kernelModules = List.copyOf(kernelModules);
    }
}
