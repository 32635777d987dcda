package io.saya.network;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A PCI device of the host, as sysfs has it (Linux: Documentation/ABI/testing/sysfs-bus-pci,
 * Documentation/driver-api/vfio.rst). All methods block until the kernel has done it.
 *
 * @param bus {@code /sys/bus/pci}
 * @param address {@code 0000:01:00.0}
 */
record PciDevice(Path bus, String address) {
    /** The driver that hands a device to whoever opens {@code /dev/vfio/GROUP}. */
    static final String VFIO = "vfio-pci";

    /** Drivers that touch nothing: with them a group can be handed out (drivers/vfio). */
    private static final List<String> HARMLESS = List.of("", VFIO, "pci-stub", "pcieport");

    private static final String NO_OVERRIDE = "\n";

    /** The driver it is bound to; empty: none. */
    String driver() throws IOException {
        return target(directory().resolve("driver"));
    }

    /** The number of its IOMMU group; empty: it has none. */
    String group() throws IOException {
        return target(directory().resolve("iommu_group"));
    }

    /** The other devices of its IOMMU group that drivers of the host use. */
    List<PciDevice> othersInUse() throws IOException {
        List<PciDevice> found = new ArrayList<>();
        Path group = directory().resolve("iommu_group").resolve("devices");
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(group)) {
            for (Path entry : entries) {
                PciDevice other = new PciDevice(bus, String.valueOf(entry.getFileName()));
                if (!other.address.equals(address) && !HARMLESS.contains(other.driver())) {
                    found.add(other);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return found;
    }

    /** True if the host has the driver that hands devices out. */
    boolean vfioIsLoaded() {
        return Files.exists(bus.resolve("drivers").resolve(VFIO));
    }

    /**
     * Takes the device from its driver and gives it to {@link #VFIO}.
     *
     * @throws IOException with what the kernel refused; {@link #giveBack} undoes what was done
     */
    void handOut() throws IOException {
        write(directory().resolve("driver_override"), VFIO);
        if (!driver().isEmpty()) {
            write(directory().resolve("driver").resolve("unbind"), address);
        }
        write(bus.resolve("drivers").resolve(VFIO).resolve("bind"), address);
    }

    /**
     * Gives the device back to its driver; a device that is gone needs nothing.
     *
     * @param driver that it had; empty: none
     */
    void giveBack(String driver) throws IOException {
        if (!Files.exists(directory())) {
            return;
        }
        write(directory().resolve("driver_override"), NO_OVERRIDE);
        if (driver().equals(driver)) {
            return;
        }
        if (!driver().isEmpty()) {
            write(directory().resolve("driver").resolve("unbind"), address);
        }
        if (!driver.isEmpty()) {
            write(bus.resolve("drivers").resolve(driver).resolve("bind"), address);
        }
    }

    private Path directory() {
        return bus.resolve("devices").resolve(address);
    }

    private static String target(Path link) throws IOException {
        try {
            Path name = Files.readSymbolicLink(link).getFileName();
            return name == null ? "" : name.toString();
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    private void write(Path file, String text) throws IOException {
        try {
            Files.write(
                    file,
                    text.getBytes(StandardCharsets.US_ASCII),
                    StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING);
        } catch (IOException e) {
            throw new IOException(
                    "PCI device "
                            + address
                            + ": cannot write \""
                            + text.strip()
                            + "\" to "
                            + file
                            + ": "
                            + e.getMessage(),
                    e);
        }
    }
}
