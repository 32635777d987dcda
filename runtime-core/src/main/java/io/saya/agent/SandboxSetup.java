package io.saya.agent;

import java.util.List;

/**
 * What the agent needs to know to make the sandbox.
 *
 * @param sandboxId the sandbox's id
 * @param hostname host name of the guest, cut to 64 characters; may be empty
 * @param dns lines of the pod's {@code resolv.conf}
 * @param sharedDirectoryTag virtio-fs tag of the shared directory
 * @param sharedDirectoryMount where the guest mounts it
 * @param shmMount where the sandbox's {@code /dev/shm} goes
 * @param kernelModules modules with their parameters, one line each
 * @param guestHookPath directory of hooks in the guest; empty: none
 */
public record SandboxSetup(
        String sandboxId,
        String hostname,
        List<String> dns,
        String sharedDirectoryTag,
        String sharedDirectoryMount,
        String shmMount,
        List<String> kernelModules,
        String guestHookPath) {

    public SandboxSetup {
        dns = List.copyOf(dns);
        kernelModules = List.copyOf(kernelModules);
    }
}
