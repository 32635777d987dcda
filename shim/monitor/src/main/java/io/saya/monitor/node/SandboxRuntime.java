package io.saya.monitor.node;

/** The runtime that made a sandbox: how its run directory looks, and what its daemon answers. */
public enum SandboxRuntime {
    /** {@code record.json} and {@code saya.sock}; the directory's name is the id and a hash. */
    SAYA("saya", "saya.sock"),

    /** {@code shim-monitor.sock}; the directory's name is the id. Kata Containers 2.x and later. */
    KATA("kata", "shim-monitor.sock");

    private final String word;
    private final String socket;

    SandboxRuntime(String word, String socket) {
        this.word = word;
        this.socket = socket;
    }

    /** The value of label {@code runtime}. */
    public String word() {
        return word;
    }

    /** Name of the socket in the sandbox's run directory. */
    public String socket() {
        return socket;
    }
}
