package io.saya.oci;

/** The part that a container has in its sandbox. */
public enum ContainerKind {
    /** The pause container of a pod: its end is the end of the pod. */
    POD_SANDBOX,
    /** A container of a pod that has a sandbox already. */
    POD_CONTAINER,
    /**
     * Started alone, with a sandbox of its own: it is the workload, and its end is the end of the
     * sandbox.
     */
    SINGLE;

    /** True if the VM lives and dies with this container. */
    public boolean ownsSandbox() {
        return this != POD_CONTAINER;
    }
}
