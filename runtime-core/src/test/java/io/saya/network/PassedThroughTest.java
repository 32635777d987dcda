package io.saya.network;

import static io.saya.network.netlink.Rtnetlink.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.hypervisor.VmDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * With directories and files where a kernel has sysfs: what is written there stays, and no more.
 */
class PassedThroughTest {
    private static final String ADDRESS = "0000:01:00.0";
    private static final Link LINK =
            new Link(
                    7,
                    "eth1",
                    new Link.Driver("", false),
                    new Link.Hardware("pci", ADDRESS),
                    new Link.Layer(ARPHRD_ETHER, "02:00:00:00:00:07", 9000),
                    IFF_UP,
                    true);

    @TempDir Path bus;

    @BeforeEach
    void aCardAloneInItsGroup() throws IOException {
        driver("vfio-pci");
        device(ADDRESS, "ixgbe");
        Files.createDirectories(bus.resolve("groups/12/devices").resolve(ADDRESS));
        Files.createSymbolicLink(devices(ADDRESS).resolve("iommu_group"), bus.resolve("groups/12"));
    }

    @Test
    void aCardGoesToVfioAndBackToItsDriver() throws Exception {
        PassedThrough card = PassedThrough.of(LINK, bus);
        assertThat(card.card()).isEqualTo(new VmDevice.HostPci("pci-7", ADDRESS));
        NetworkRecord record = new NetworkRecord(Path.of("/run/netns/pod"));
        card.note(record);
        assertThat(record.pci()).containsExactly(new NetworkRecord.Pci(ADDRESS, "ixgbe"));

        card.prepare();
        assertThat(devices(ADDRESS).resolve("driver_override")).hasContent("vfio-pci");
        assertThat(drivers("ixgbe").resolve("unbind")).hasContent(ADDRESS);
        assertThat(drivers("vfio-pci").resolve("bind")).hasContent(ADDRESS);

        bind(ADDRESS, "vfio-pci");
        card.undo();
        assertThat(devices(ADDRESS).resolve("driver_override")).hasContent("\n");
        assertThat(drivers("vfio-pci").resolve("unbind")).hasContent(ADDRESS);
        assertThat(drivers("ixgbe").resolve("bind")).hasContent(ADDRESS);
    }

    /** A start that failed between the first step and the last. */
    @Test
    void aCardThatNeverLeftItsDriverIsOnlyFreedOfTheOverride() throws Exception {
        PassedThrough card = PassedThrough.of(LINK, bus);
        Files.delete(drivers("vfio-pci").resolve("bind"));
        assertThatThrownBy(card::prepare)
                .hasMessageContaining("PCI device " + ADDRESS)
                .hasMessageContaining("vfio-pci/bind");
        Files.writeString(drivers("ixgbe").resolve("bind"), "");
        card.undo();
        assertThat(devices(ADDRESS).resolve("driver_override")).hasContent("\n");
        assertThat(drivers("ixgbe").resolve("bind")).isEmptyFile();
    }

    @Test
    void aCardThatIsGoneIsNothingToUndo() throws Exception {
        PassedThrough card = PassedThrough.of(LINK, bus);
        Files.move(devices(ADDRESS), bus.resolve("unplugged"));
        card.undo();
    }

    @Test
    void whatTheHostUsesInTheSameGroupIsNamed() throws Exception {
        other("0000:01:00.1", "ixgbe");
        assertThatThrownBy(() -> PassedThrough.of(LINK, bus))
                .hasMessageContaining("interface eth1, the PCI device " + ADDRESS)
                .hasMessageContaining("IOMMU group 12 has 0000:01:00.1 too")
                .hasMessageContaining("its driver ixgbe");
    }

    @Test
    void bridgesAndDevicesWithoutADriverMayBeInTheGroup() throws Exception {
        other("0000:00:1c.0", "pcieport");
        other("0000:01:00.1", "vfio-pci");
        other("0000:01:00.2", "");
        PassedThrough.of(LINK, bus);
    }

    @Test
    void whatTheHostLacksIsNamed() throws Exception {
        Files.delete(devices(ADDRESS).resolve("iommu_group"));
        assertThatThrownBy(() -> PassedThrough.of(LINK, bus))
                .hasMessageContaining("in no IOMMU group")
                .hasMessageContaining("intel_iommu=on");
        Files.move(drivers("vfio-pci"), bus.resolve("unloaded"));
        assertThatThrownBy(() -> PassedThrough.of(LINK, bus))
                .hasMessageContaining("modprobe vfio-pci");
    }

    private void other(String address, String driver) throws IOException {
        device(address, driver);
        Files.createDirectories(bus.resolve("groups/12/devices"));
        Files.createSymbolicLink(
                bus.resolve("groups/12/devices").resolve(address), devices(address));
    }

    private void device(String address, String driver) throws IOException {
        Files.createDirectories(devices(address));
        Files.writeString(devices(address).resolve("driver_override"), "(null)\n");
        if (!driver.isEmpty()) {
            driver(driver);
            bind(address, driver);
        }
    }

    private void driver(String name) throws IOException {
        Files.createDirectories(drivers(name));
        Files.writeString(drivers(name).resolve("bind"), "");
        Files.writeString(drivers(name).resolve("unbind"), "");
    }

    private void bind(String address, String driver) throws IOException {
        Path link = devices(address).resolve("driver");
        Files.deleteIfExists(link);
        Files.createSymbolicLink(link, drivers(driver));
    }

    private Path devices(String address) {
        return bus.resolve("devices").resolve(address);
    }

    private Path drivers(String name) {
        return bus.resolve("drivers").resolve(name);
    }
}
