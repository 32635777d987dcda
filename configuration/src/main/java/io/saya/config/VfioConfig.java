package io.saya.config;

/**
 * Host devices passed through to the guest.
 *
 * @param hotPlug port that takes a device while the VM runs ({@code hot_plug_vfio})
 * @param coldPlug port that takes a device before boot ({@code cold_plug_vfio}); at most one of the
 *     two is other than {@code NO_PORT}
 * @param pcieRootPorts root ports to create, 0 to 16 ({@code pcie_root_port})
 * @param pcieSwitchPorts switch ports to create, 0 to 16 ({@code pcie_switch_port})
 */
public record VfioConfig(Port hotPlug, Port coldPlug, int pcieRootPorts, int pcieSwitchPorts) {

    /** Where a device is plugged in. */
    public enum Port {
        NO_PORT,
        BRIDGE_PORT,
        ROOT_PORT,
        SWITCH_PORT
    }
}
