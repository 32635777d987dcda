package io.saya.config.option;

import java.util.List;

/** {@code [hypervisor.qemu]}: what Kata's files may hold there that is for something else. */
final class ForeignOptions {

    private static final Rows ROWS = new Rows(Section.HYPERVISOR);

    static {
        String jailer = "only Firecracker has a jailer";
        ROWS.optionalPath("jailer_path").annotated().withoutEffect(jailer).help("The jailer.");
        ROWS.texts("valid_jailer_paths", List.of()).withoutEffect(jailer).help("Allowed jailers.");
        ROWS.flag("disable_seccomp", false)
                .neutral(true)
                .withoutEffect("it is Cloud Hypervisor's; for QEMU there is seccompsandbox")
                .help("No seccomp filter on the VMM.");
        for (String device : List.of("disk", "net")) {
            for (String rate :
                    List.of(
                            "bw_max_rate",
                            "bw_one_time_burst",
                            "ops_max_rate",
                            "ops_one_time_burst")) {
                ROWS.count(device + "_rate_limiter_" + rate, 0, 0, Long.MAX_VALUE, "")
                        .known("disk".equals(device) ? Option.Known.BOTH : Option.Known.GO)
                        .withoutEffect(
                                "it is Cloud Hypervisor's"
                                        + ("net".equals(device)
                                                ? "; for QEMU there is rx_rate_limiter_max_rate"
                                                : ""))
                        .help("A limit inside the VMM.");
            }
        }
        String remote = "VMs are started on this host, by QEMU";
        ROWS.text("remote_hypervisor_socket", "")
                .alsoSpelled(Section.HYPERVISOR, "hypervisor_socket")
                .neutral("/run/peerpod/hypervisor.sock")
                .withoutEffect(remote)
                .help("Socket of a remote hypervisor.");
        ROWS.count("remote_hypervisor_timeout", 600, 0, "seconds")
                .alsoSpelled(Section.HYPERVISOR, "hypervisor_timeout")
                .neutral(0L, 60L)
                .withoutEffect(remote)
                .help("Limit of a call to a remote hypervisor.");
        ROWS.count("default_gpus", 0, 0, "devices")
                .known(Option.Known.RUST)
                .annotated()
                .withoutEffect(remote)
                .help("GPUs of a remote VM.");
        ROWS.text("default_gpu_model", "")
                .known(Option.Known.RUST)
                .annotated()
                .withoutEffect(remote)
                .help("Model of the GPUs of a remote VM.");
        String template = "[factory] enable_template decides";
        ROWS.flag("boot_to_be_template", false)
                .known(Option.Known.RUST)
                .refused(template)
                .help("Boot a VM to become a template.");
        ROWS.flag("boot_from_template", false)
                .known(Option.Known.RUST)
                .refused(template)
                .help("Start a VM from a template.");
        ROWS.optionalPath("memory_path")
                .known(Option.Known.RUST)
                .withoutEffect(template)
                .help("Memory of a template.");
        ROWS.optionalPath("device_state_path")
                .known(Option.Known.RUST)
                .withoutEffect(template)
                .help("Devices of a template.");
        ROWS.text("prefetch_list_path", "")
                .known(Option.Known.RUST)
                .annotated("prefetch_files.list")
                .withoutEffect("nydus images are not supported")
                .help("Files that nydus fetches ahead.");
        ROWS.row("rootless_user", new OpaqueType("table"), (Object) "")
                .known(Option.Known.RUST)
                .withoutEffect("see rootless")
                .help("User for a rootless QEMU.");
        ROWS.text("ctlpath", "").annotated().withoutEffect("it is ACRN's").help("ACRN's tool.");
        ROWS.texts("valid_ctlpaths", List.of()).withoutEffect("it is ACRN's").help("ACRN's tools.");
        kata1();
    }

    private static void kata1() {
        ROWS.flag("use_vsock", false)
                .known(Option.Known.KATA_1)
                .neutral(true)
                .withoutEffect("transport of [agent.kata] decides")
                .help("Reach the agent by vsock.");
        ROWS.flag("enable_swap", false)
                .known(Option.Known.KATA_1)
                .neutral(true)
                .withoutEffect("guest memory is not locked")
                .help("Let the host swap guest memory.");
        ROWS.text("file_mem_backend", "")
                .annotated()
                .withoutEffect("guest memory is a memfd")
                .help("Directory for guest memory.");
        ROWS.texts("valid_file_mem_backends", List.of())
                .neutral(List.of(""))
                .withoutEffect("guest memory is a memfd")
                .help("Allowed directories for guest memory.");
    }

    private ForeignOptions() {}

    static List<Option<?>> rows() {
        return ROWS.rows();
    }
}
