package io.saya.agent;

import java.util.List;

/**
 * What the agent needs to know to make the sandbox.
 *
 * @param sandboxId the sandbox's id
 * @param names how the guest is called, and where it finds others
 * @param share the directory that host and guest share
 * @param shmMount where the sandbox's {@code /dev/shm} goes
 * @param kernelModules modules with their parameters, one line each
 * @param policy in Rego; empty: none
 * @param guestHookPath directory of hooks in the guest; empty: none
 */
public record SandboxSetup(
        String sandboxId,
        Names names,
        Share share,
        String shmMount,
        List<String> kernelModules,
        String policy,
        String guestHookPath) {

    /**
     * A directory that host and guest share.
     *
     * @param tag its virtio-fs tag
     * @param mountPoint where the guest mounts it
     * @param files how many of its files the host can keep for the guest at a time
     */
    public record Share(String tag, String mountPoint, long files) {}

    /**
     * How the guest is called, and where it finds others.
     *
     * @param hostname cut to 64 characters; may be empty
     * @param dns lines of the pod's {@code resolv.conf}
     */
    public record Names(String hostname, List<String> dns) {
        public Names {
            dns = List.copyOf(dns);
        }
    }

    public SandboxSetup {
        kernelModules = List.copyOf(kernelModules);
    }
}
