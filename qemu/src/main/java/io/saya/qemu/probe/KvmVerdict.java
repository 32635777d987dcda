package io.saya.qemu.probe;

/** What a probe found out about KVM on this host. */
public sealed interface KvmVerdict {

    /**
     * A guest ran.
     *
     * @param cpuModel the {@code -cpu} value it ran with, in QEMU's syntax
     */
    record Usable(String cpuModel) implements KvmVerdict {}

    /**
     * No guest ran as it should. Stays so until the host changes.
     *
     * @param reason for people
     */
    record Unusable(String reason) implements KvmVerdict {}

    /**
     * Nobody knows: there is no KVM now, or the probe itself failed. Asked again next time.
     *
     * @param reason for people
     */
    record Undecided(String reason) implements KvmVerdict {}
}
