package io.saya.qemu;

import io.saya.hypervisor.HypervisorFailure;
import io.saya.qemu.args.PciAddress;

/**
 * Gives each device its address on the root bus. Addresses are given, not left to QEMU, so that a
 * device's place in the guest depends on nothing but the specification. Used once.
 */
final class PciSlots {
    static final PciAddress SERIAL = new PciAddress(1);
    static final PciAddress RNG = new PciAddress(2);
    static final PciAddress VSOCK = new PciAddress(3);
    static final PciAddress ROOT_IMAGE = new PciAddress(4);

    private static final int FIRST_FREE = 5;
    private static final int LAST_FREE = 30;

    private final int lastFree;
    private int next = FIRST_FREE;

    /** The root bus of a machine with so many {@link #port}s. */
    PciSlots(int ports) {
        this.lastFree = LAST_FREE - ports;
    }

    /** The place of a root port, numbered from 0: from the end of the bus. */
    static PciAddress port(int number) {
        return new PciAddress(LAST_FREE - number);
    }

    /** The next free place, for devices in the order of the specification. */
    PciAddress take(String device) throws HypervisorFailure {
        if (next > lastFree) {
            throw new HypervisorFailure(
                    "device "
                            + device
                            + ": no PCI slot left (expected: at most "
                            + (lastFree - FIRST_FREE + 1)
                            + " devices)");
        }
        return new PciAddress(next++);
    }
}
