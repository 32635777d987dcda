package io.saya.shim.metrics;

/** What can end, by what depends on it. */
enum ProcessKind {
    /** The container that owns the sandbox; its end is the VM's. */
    SANDBOX("sandbox"),
    /** A container of a pod. */
    CONTAINER("container"),
    /** A further process of a container. */
    EXEC("exec");

    private final String word;

    ProcessKind(String word) {
        this.word = word;
    }

    /** The value of the label {@code target}. */
    String word() {
        return word;
    }
}
