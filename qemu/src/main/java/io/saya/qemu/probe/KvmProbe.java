package io.saya.qemu.probe;

import java.nio.file.Path;

/** Tells whether KVM is of use. Thread safe; may block while a probe guest runs. */
public interface KvmProbe {

    /** The verdict for guests run by this QEMU binary. */
    KvmVerdict verdict(Path qemu);
}
