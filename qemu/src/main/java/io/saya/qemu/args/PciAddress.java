package io.saya.qemu.args;

/**
 * A place on the root bus {@code pcie.0} of a q35 machine.
 *
 * @param slot 1 to 30; 0 is the host bridge, 31 the chipset
 */
public record PciAddress(int slot) {

    public PciAddress {
        if (slot < 1 || slot > 30) {
            throw new IllegalArgumentException("PCI slot: " + slot + " (expected: 1 to 30)");
        }
    }

    /**
     * The path of a device that sits alone on the bus behind this place, in the form that agents
     * take.
     */
    public String pathBehind() {
        return (slot < 16 ? "0" : "") + Integer.toHexString(slot) + "/00";
    }

    Options addTo(Options options) {
        return options.with("bus", "pcie.0").with("addr", "0x" + Integer.toHexString(slot));
    }
}
