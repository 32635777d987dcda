package io.saya.qemu.probe;

import io.saya.host.Host;
import java.nio.file.Path;

/** Tells whether KVM is of use. Thread safe; may block while a probe guest runs. */
public interface KvmProbe {

    /** The verdict for guests run by this QEMU binary. */
    KvmVerdict verdict(Path qemu);

    /**
     * The probe of this host: runs a guest once per boot, kernel and QEMU, whoever asks first, and
     * remembers the verdict.
     *
     * @param directory for what is remembered, shared by all sandboxes ({@code /run/saya})
     */
    static KvmProbe of(Host host, Path directory) {
        return new RememberedKvmProbe(
                new GuestRunProbe(host, directory, GuestRunProbe.KVM, ProbeGuest.image()),
                Path.of("/dev/kvm"),
                directory);
    }
}
