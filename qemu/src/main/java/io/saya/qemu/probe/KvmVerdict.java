package io.saya.qemu.probe;

/** What a probe found out about KVM on this host. */
public sealed interface KvmVerdict {

    /**
     * A guest ran.
     *
     * @param cpuModel the {@code -cpu} model it ran with
     */
    record Usable(String cpuModel) implements KvmVerdict {}

    /**
     * No guest ran, or none was tried because KVM is not there.
     *
     * @param reason for people
     */
    record Unusable(String reason) implements KvmVerdict {}
}
