package io.saya.qemu;

import io.saya.hypervisor.HypervisorFailure;
import io.saya.qemu.args.PciAddress;

/**
 * Who sits where on the root bus. Addresses are given, not left to QEMU, so that a device's place
 * in the guest depends on nothing but the specification. Used once.
 */
final class PciSlots {
    static final PciAddress SERIAL = new PciAddress(1);
    static final PciAddress RNG = new PciAddress(2);
    static final PciAddress VSOCK = new PciAddress(3);
    static final PciAddress ROOT_IMAGE = new PciAddress(4);

    private static final int FIRST_FREE = 5;
    private static final int LAST_FREE = 30;

    private int next = FIRST_FREE;

    /** The next free place, for devices in the order of the specification. */
    PciAddress take(String device) throws HypervisorFailure {
        if (next > LAST_FREE) {
            throw new HypervisorFailure(
                    "device "
                            + device
                            + ": no PCI slot left (expected: at most "
                            + (LAST_FREE - FIRST_FREE + 1)
                            + " devices)");
        }
        return new PciAddress(next++);
    }
}
