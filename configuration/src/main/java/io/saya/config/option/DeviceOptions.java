package io.saya.config.option;

import io.saya.config.VfioPort;
import java.nio.file.Path;
import java.util.List;

/** {@code [hypervisor.qemu]}: network devices, passed-through devices, and debugging. */
public final class DeviceOptions {

    private static final Rows ROWS = new Rows(Section.HYPERVISOR);
    private static final String NO_VFIO = "host devices are passed through before boot only";
    private static final String ROOT_PORTS = "passed-through devices are plugged into root ports";
    private static final String CONFIDENTIAL = "confidential guests are not supported";

    public static final Option<Boolean> DISABLE_VHOST_NET =
            ROWS.flag("disable_vhost_net", false)
                    .annotated()
                    .help("Let QEMU move packets itself instead of the host's kernel.");

    public static final Option<Long> RX_RATE_LIMITER_MAX_RATE =
            ROWS.count("rx_rate_limiter_max_rate", 0, 0, Long.MAX_VALUE, "bits per second")
                    .annotated()
                    .help("Limit of what the guest receives; 0: none.");

    public static final Option<Long> TX_RATE_LIMITER_MAX_RATE =
            ROWS.count("tx_rate_limiter_max_rate", 0, 0, Long.MAX_VALUE, "bits per second")
                    .annotated()
                    .help("Limit of what the guest sends; 0: none.");

    public static final Option<Long> NETWORK_QUEUES =
            ROWS.count("network_queues", 0, 0, 256, "queues")
                    .known(Option.Known.RUST)
                    .annotated()
                    .help(
                            "Queue pairs of a network device, at most 8; 0: one for each virtual"
                                    + " CPU of the start.");

    public static final Option<VfioPort> HOT_PLUG_VFIO =
            ROWS.row("hot_plug_vfio", port(), VfioPort.NO_PORT)
                    .known(Option.Known.GO)
                    .annotated()
                    .refused(NO_VFIO)
                    .help("Port that takes a passed-through device while the VM runs.");

    public static final Option<Boolean> HOTPLUG_VFIO_ON_ROOT_BUS =
            ROWS.flag("hotplug_vfio_on_root_bus", false)
                    .known(Option.Known.RUST)
                    .annotated()
                    .refused(NO_VFIO)
                    .help("Plug passed-through devices into the root bus.");

    public static final Option<VfioPort> COLD_PLUG_VFIO =
            ROWS.row(
                            "cold_plug_vfio",
                            new ChoiceType<VfioPort>()
                                    .word("no-port", VfioPort.NO_PORT)
                                    .word("root-port", VfioPort.ROOT_PORT)
                                    .refused("bridge-port", ROOT_PORTS)
                                    .refused("switch-port", ROOT_PORTS),
                            VfioPort.NO_PORT)
                    .annotated()
                    .help(
                            "Port that takes a passed-through network card before boot;"
                                    + " \"no-port\": none is passed through.");

    public static final Option<Long> PCIE_ROOT_PORT =
            ROWS.count("pcie_root_port", 0, 0, 16, "ports")
                    .annotated()
                    .help(
                            "With disable_block_device_use = false: for how many disks at once"
                                    + " the VM has a place; 0: 8. A passed-through device has a"
                                    + " root port of its own.");

    public static final Option<Long> PCIE_SWITCH_PORT =
            ROWS.count("pcie_switch_port", 0, 0, 16, "ports")
                    .annotated()
                    .withoutEffect(ROOT_PORTS)
                    .help("PCIe switch ports to create.");

    public static final Option<Boolean> ENABLE_DEBUG =
            ROWS.flag("enable_debug", false)
                    .help(
                            "A verbose guest: its kernel, and the systemd of an image, tell what"
                                    + " they do, and each line of its console is in the log.");

    public static final Option<Long> HYPERVISOR_LOGLEVEL =
            ROWS.count("hypervisor_loglevel", 1, 0, 3, "")
                    .known(Option.Known.GO)
                    .withoutEffect("QEMU has no log level")
                    .help("How much the VMM logs.");

    public static final Option<String> LOG_LEVEL =
            ROWS.row(
                            "log_level",
                            Rows.oneOf("trace", "debug", "info", "warn", "error", "critical")
                                    .synonym("warning", "warn"),
                            "info")
                    .known(Option.Known.RUST)
                    .neutral("warn", "error", "critical")
                    .withoutEffect("QEMU has no log level")
                    .help("How much the VMM logs.");

    public static final Option<String> EXTRA_MONITOR_SOCKET =
            ROWS.row("extra_monitor_socket", Rows.oneOf("", "hmp", "qmp", "qmp-pretty"), "")
                    .alsoSpelled(Section.HYPERVISOR, "dbg_monitor_socket")
                    .help(
                            "A further monitor of QEMU's, for root, only together with"
                                    + " enable_debug: extra-monitor.sock in the sandbox's directory"
                                    + " below /run/saya. Who uses it can break the sandbox.");

    public static final Option<Path> GUEST_MEMORY_DUMP_PATH =
            ROWS.optionalPath("guest_memory_dump_path")
                    .help(
                            "Directory for the memory of guests whose kernel panics, as ELF, below"
                                    + " the sandbox's id and with what is known of it. Nothing is"
                                    + " written unless twice the machine's memory is free there,"
                                    + " and a Kill does not wait for it. The guest's kernel needs"
                                    + " the driver pvpanic.");

    public static final Option<Boolean> GUEST_MEMORY_DUMP_PAGING =
            ROWS.flag("guest_memory_dump_paging", false)
                    .help(
                            "Dump memory by the addresses of the guest's page tables, which QEMU"
                                    + " has to believe, instead of the physical ones.");

    public static final Option<Boolean> CONFIDENTIAL_GUEST =
            ROWS.flag("confidential_guest", false)
                    .refused(CONFIDENTIAL)
                    .help("Encrypted guest memory (TDX, SEV, CCA).");

    public static final Option<Boolean> SEV_SNP_GUEST =
            ROWS.flag("sev_snp_guest", false)
                    .refused(CONFIDENTIAL)
                    .help("SEV-SNP rather than SEV.");

    public static final Option<String> SNP_ID_BLOCK =
            ROWS.text("snp_id_block", "").refused(CONFIDENTIAL).help("SEV-SNP launch data.");

    public static final Option<String> SNP_ID_AUTH =
            ROWS.text("snp_id_auth", "").refused(CONFIDENTIAL).help("SEV-SNP launch data.");

    public static final Option<Long> SNP_GUEST_POLICY =
            ROWS.count("snp_guest_policy", 0, 0, Long.MAX_VALUE, "")
                    .neutral(196608L)
                    .refused(CONFIDENTIAL)
                    .help("SEV-SNP policy bits.");

    public static final Option<Long> TDX_QUOTE_PORT =
            ROWS.count("tdx_quote_generation_service_socket_port", 0, 0, 4294967295L, "")
                    .neutral(4050L)
                    .withoutEffect(CONFIDENTIAL)
                    .help("vsock port of the TDX quote service.");

    public static final Option<String> MEASUREMENT_ALGO =
            ROWS.text("measurement_algo", "sha512")
                    .known(Option.Known.GO)
                    .neutral("sha256", "")
                    .withoutEffect(CONFIDENTIAL)
                    .help("Measurement of Arm CCA.");

    public static final Option<String> INITDATA =
            ROWS.row("initdata", new InitDataType(), "")
                    .known(Option.Known.RUST)
                    .annotated("cc_init_data")
                    .help(
                            "Init data for the guest's components, a policy among them: TOML, packed"
                                    + " by gzip, in base64. The guest finds it on a disk before the"
                                    + " agent listens. For agents of Kata that are built with"
                                    + " init-data; nothing measures it, as guests are not"
                                    + " confidential. Refused with the default guest.");

    private static ChoiceType<VfioPort> port() {
        return new ChoiceType<VfioPort>()
                .word("no-port", VfioPort.NO_PORT)
                .word("bridge-port", VfioPort.BRIDGE_PORT)
                .word("root-port", VfioPort.ROOT_PORT)
                .word("switch-port", VfioPort.SWITCH_PORT);
    }

    private DeviceOptions() {}

    static List<Option<?>> rows() {
        return ROWS.rows();
    }
}
