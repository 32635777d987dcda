package io.saya.guest;

/** The steps of a start, in their order; the next one begins where the one before ends. */
public enum StartPhase {
    /** The configuration, the pod's annotations and its specification are read and checked. */
    CONFIGURATION("configuration"),
    /** The run directory and the directory that the guest sees; virtiofsd. */
    SHARE("share"),
    /** The pod's interfaces and the VM's cards. */
    NETWORK("network"),
    /** The VMM becomes a process; in a restored guest, it also has loaded the template. */
    QEMU_SPAWN("QEMU spawn"),
    /** The VMM makes the machine; it ends when its monitor answers. */
    QMP("QMP"),
    /** The guest's kernel boots, until the agent opens its channel. */
    KERNEL("kernel"),
    /** The agent answers. */
    AGENT("agent"),
    /** The agent makes the sandbox: mounts, network, modules. */
    SANDBOX("sandbox"),
    /** The first container is made. */
    CONTAINER("container");

    private final String word;

    StartPhase(String word) {
        this.word = word;
    }

    /** As errors, logs and reports name it. */
    public String word() {
        return word;
    }

    @Override
    public String toString() {
        return word;
    }
}
