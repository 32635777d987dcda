package io.saya.qemu.args;

import java.util.List;

/**
 * {@code -device}: what the guest sees. Virtio devices speak version 1 only: on q35 the legacy
 * interface would cost I/O ports and time, and every guest since Linux 4.0 knows the modern one.
 */
public sealed interface Device extends Argument {

    /** The driver and its properties. */
    String properties();

    @Override
    default List<String> words() {
        return List.of("-device", properties());
    }

    private static Options virtio(String driver, String id, PciAddress address) {
        return address.addTo(Options.of(driver).with("id", id)).with("disable-legacy", true);
    }

    /**
     * The bus of {@link VirtSerialPort} and {@link VirtConsole}.
     *
     * @param ports how many it can have, 1 to 31. Each costs two queues, and each queue a
     *     descriptor that QEMU's main loop polls at every turn
     */
    record VirtioSerialPci(String id, int ports, PciAddress address) implements Device {
        @Override
        public String properties() {
            return virtio("virtio-serial-pci", id, address).with("max_ports", ports).toString();
        }
    }

    /**
     * A stream with a name, {@code /dev/virtio-ports/NAME} in the guest.
     *
     * <p>Its id makes QEMU tell when the guest opens it ({@code VSERPORT_CHANGE}).
     *
     * @param number of the port on its bus; 0 is kept for a console
     */
    record VirtSerialPort(String bus, int number, String chardev, String name) implements Device {
        @Override
        public String properties() {
            return Options.of("virtserialport")
                    .with("id", chardev + "-port")
                    .with("bus", bus + ".0")
                    .with("nr", number)
                    .with("chardev", chardev)
                    .with("name", name)
                    .toString();
        }
    }

    /** {@code hvc0} in the guest. */
    record VirtConsole(String bus, int number, String chardev) implements Device {
        @Override
        public String properties() {
            return Options.of("virtconsole")
                    .with("bus", bus + ".0")
                    .with("nr", number)
                    .with("chardev", chardev)
                    .toString();
        }
    }

    /** {@code ttyS0} in the guest. */
    record IsaSerial(String chardev) implements Device {
        @Override
        public String properties() {
            return Options.of("isa-serial").with("chardev", chardev).toString();
        }
    }

    /** {@code /dev/hwrng} in the guest. */
    record VirtioRngPci(String id, String rng, PciAddress address) implements Device {
        @Override
        public String properties() {
            return virtio("virtio-rng-pci", id, address).with("rng", rng).toString();
        }
    }

    /**
     * A directory served by a vhost-user daemon.
     *
     * @param queueSize descriptors of the request queue, a power of two up to 1024
     * @param cacheMib size of the DAX window in MiB; 0: none
     */
    record VhostUserFsPci(
            String id, String chardev, String tag, int queueSize, int cacheMib, PciAddress address)
            implements Device {
        @Override
        public String properties() {
            Options options =
                    address.addTo(Options.of("vhost-user-fs-pci").with("id", id))
                            .with("chardev", chardev)
                            .with("tag", tag)
                            .with("queue-size", queueSize);
            if (cacheMib > 0) {
                options.with("cache-size", cacheMib + "M");
            }
            return options.toString();
        }
    }

    /** Through which the guest tells which of its memory is free; the VMM gives it back. */
    record VirtioBalloonPci(String id, PciAddress address) implements Device {
        @Override
        public String properties() {
            return virtio("virtio-balloon-pci", id, address)
                    .with("free-page-reporting", true)
                    .toString();
        }
    }

    /** A disk; {@code serial} is what the guest finds it by. */
    record VirtioBlkPci(String id, String drive, String serial, PciAddress address)
            implements Device {
        @Override
        public String properties() {
            return virtio("virtio-blk-pci", id, address)
                    .with("drive", drive)
                    .with("serial", serial)
                    .toString();
        }
    }

    /** An NVDIMM that the guest cannot write to; {@code /dev/pmem0} in the guest. */
    record Nvdimm(String id, String memory) implements Device {
        @Override
        public String properties() {
            return Options.of("nvdimm")
                    .with("id", id)
                    .with("memdev", memory)
                    .with("unarmed", true)
                    .toString();
        }
    }

    /** Memory that keeps what is in it, as an NVDIMM does; {@code /dev/pmem0} in the guest. */
    record VirtioPmemPci(String id, String memory, PciAddress address) implements Device {
        @Override
        public String properties() {
            return virtio("virtio-pmem-pci", id, address).with("memdev", memory).toString();
        }
    }

    /**
     * AF_VSOCK through the host's kernel.
     *
     * @param descriptor the name of the descriptor of {@code /dev/vhost-vsock}
     * @param guestCid unsigned
     */
    record VhostVsockPci(String id, String descriptor, int guestCid, PciAddress address)
            implements Device {
        @Override
        public String properties() {
            return virtio("vhost-vsock-pci", id, address)
                    .withDescriptor("vhostfd", descriptor)
                    .with("guest-cid", Integer.toUnsignedLong(guestCid))
                    .toString();
        }
    }

    /** AF_VSOCK through a vhost-user daemon. */
    record VhostUserVsockPci(String id, String chardev, PciAddress address) implements Device {
        @Override
        public String properties() {
            return address.addTo(Options.of("vhost-user-vsock-pci").with("id", id))
                    .with("chardev", chardev)
                    .toString();
        }
    }

    /**
     * A network card without a boot ROM.
     *
     * @param queues pairs of queues, as many as the netdev has
     */
    record VirtioNetPci(String id, String netdev, String macAddress, int queues, PciAddress address)
            implements Device {

        /** Vectors beyond two for each pair of queues: configuration and control. */
        private static final int OTHER_VECTORS = 2;

        @Override
        public String properties() {
            Options options =
                    virtio("virtio-net-pci", id, address)
                            .with("netdev", netdev)
                            .with("mac", macAddress)
                            .with("romfile", "");
            if (queues > 1) {
                options.with("mq", true).with("vectors", vectors(queues));
            }
            return options.toString();
        }

        /** Interrupts of a card with so many pairs of queues, if there are several. */
        public static int vectors(int queues) {
            return 2 * queues + OTHER_VECTORS;
        }
    }

    /**
     * A bus with one place for a device of PCI Express, which may be plugged into it while the
     * guest runs.
     *
     * @param chassis unique in the machine, from 1
     * @param ioPorts whether the device may have I/O ports, of which there are not many; no device
     *     of QEMU's that we plug has any
     */
    record PcieRootPort(String id, int chassis, PciAddress address, boolean ioPorts)
            implements Device {
        @Override
        public String properties() {
            Options options =
                    address.addTo(Options.of("pcie-root-port").with("id", id))
                            .with("chassis", chassis)
                            .with("slot", chassis);
            return (ioPorts ? options : options.with("io-reserve", 0)).toString();
        }
    }

    /**
     * A device of the host. QEMU opens {@code /dev/vfio/GROUP} itself: it takes no descriptor of it
     * before version 9.
     *
     * @param host its address on the host
     * @param bus id of a {@link PcieRootPort}
     */
    record VfioPci(String id, String host, String bus) implements Device {
        @Override
        public String properties() {
            return Options.of("vfio-pci")
                    .with("id", id)
                    .with("host", host)
                    .with("bus", bus)
                    .toString();
        }
    }

    /** Through which a guest kernel that knows it says that it panicked. */
    record Pvpanic() implements Device {
        @Override
        public String properties() {
            return "pvpanic";
        }
    }
}
