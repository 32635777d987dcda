package io.saya.config.option;

import io.saya.config.MachineConfig.Accelerator;
import java.nio.file.Path;
import java.util.List;

/** {@code [hypervisor.qemu]}: the VMM, what it boots, and the machine it emulates. */
public final class VmOptions {

    private static final Rows ROWS = new Rows(Section.HYPERVISOR);

    public static final Option<Path> PATH =
            ROWS.path("path", "/usr/bin/qemu-system-x86_64")
                    .annotated()
                    .allowedBy("valid_hypervisor_paths")
                    .mustBe(PathCheck.EXECUTABLE)
                    .help("The QEMU binary.");

    public static final Option<List<String>> VALID_PATHS =
            ROWS.texts("valid_hypervisor_paths", List.of())
                    .computed("[path]", List.of("/usr/bin/qemu-system-x86_64"))
                    .help(
                            "Globs. A QEMU binary named by an annotation must match one of them. An"
                                    + " empty list matches none.");

    public static final Option<List<String>> ENABLE_ANNOTATIONS =
            ROWS.row(
                            "enable_annotations",
                            new ListType<>(RegexType.INSTANCE, ListType.Separator.BLANK),
                            List.of("enable_iommu", "kernel_params", "kernel_verity_params"))
                    .help(
                            "Regular expressions, each matched against a whole name. An annotation"
                                    + " io.katacontainers.config.hypervisor.NAME (or"
                                    + " io.saya.config.hypervisor.NAME) is honoured if NAME matches;"
                                    + " one of the other sections if agent.NAME or runtime.NAME"
                                    + " matches. Everything else is refused.");

    public static final Option<Path> KERNEL =
            ROWS.optionalPath("kernel")
                    .computed(
                            "the installation's share/saya/vmlinux",
                            Path.of("/usr/share/saya/vmlinux"))
                    .annotated()
                    .allowedBy("valid_boot_paths")
                    .mustBe(PathCheck.FILE)
                    .help("The guest's kernel.");

    public static final Option<Path> INITRD =
            ROWS.optionalPath("initrd")
                    .computed(
                            "the installation's share/saya/saya-initrd.img, if no image is given",
                            Path.of("/usr/share/saya/saya-initrd.img"))
                    .annotated()
                    .allowedBy("valid_boot_paths")
                    .mustBe(PathCheck.FILE)
                    .help("The guest's initial RAM disk, booted instead of an image.");

    public static final Option<Path> IMAGE =
            ROWS.optionalPath("image")
                    .annotated()
                    .allowedBy("valid_boot_paths")
                    .mustBe(PathCheck.FILE)
                    .help("The guest's root image, booted instead of an initrd.");

    public static final Option<List<String>> VALID_BOOT_PATHS =
            ROWS.texts("valid_boot_paths", List.of())
                    .computed(
                            "[kernel, initrd, image]",
                            List.of("/usr/share/saya/vmlinux", "/usr/share/saya/saya-initrd.img"))
                    .known(Option.Known.OURS)
                    .help(
                            "Globs. A kernel, initrd or image named by an annotation must match one"
                                    + " of them. An empty list matches none.");

    public static final Option<String> ROOTFS_TYPE =
            ROWS.row("rootfs_type", Rows.oneOf("ext4", "xfs", "erofs"), "ext4")
                    .help(
                            "File system in the image, where its first blocks do not tell which"
                                    + " it is.");

    public static final Option<String> KERNEL_PARAMS =
            ROWS.text("kernel_params", "")
                    .annotated()
                    .help(
                            "Words appended to the guest kernel's command line, separated by blanks;"
                                    + " they win over those that the runtime sets.");

    public static final Option<String> KERNEL_VERITY_PARAMS =
            ROWS.row("kernel_verity_params", new VerityType(), "")
                    .annotated()
                    .help(
                            "dm-verity data of the image: \"root_hash=HEX,salt=HEX,data_blocks=N,"
                                    + "data_block_size=N,hash_block_size=N\". The image's second"
                                    + " partition holds the hashes of the first, and the guest's"
                                    + " kernel must have CONFIG_DM_INIT.");

    public static final Option<Path> FIRMWARE =
            ROWS.optionalPath("firmware")
                    .annotated()
                    .mustBe(PathCheck.FILE)
                    .refused("QEMU boots the kernel directly, with its own firmware")
                    .help("Firmware file (-bios).");

    public static final Option<Path> FIRMWARE_VOLUME =
            ROWS.optionalPath("firmware_volume")
                    .known(Option.Known.GO)
                    .annotated()
                    .refused("QEMU boots the kernel directly, with its own firmware")
                    .help("Variable store of split firmware.");

    public static final Option<List<Path>> PFLASHES =
            ROWS.paths("pflashes")
                    .mustBe(PathCheck.FILE)
                    .refused("QEMU boots the kernel directly, with its own firmware")
                    .help("Files for -pflash.");

    public static final Option<String> MACHINE_TYPE =
            ROWS.row("machine_type", new MachineNameType(), "q35")
                    .annotated()
                    .help("QEMU's machine type.");

    public static final Option<Accelerator> ACCELERATOR =
            ROWS.row(
                            "accelerator",
                            new ChoiceType<Accelerator>()
                                    .word("auto", Accelerator.AUTO)
                                    .word("kvm", Accelerator.KVM)
                                    .word("tcg", Accelerator.TCG),
                            Accelerator.AUTO)
                    .known(Option.Known.OURS)
                    .annotated()
                    .help(
                            "What executes the guest's code. \"auto\" is KVM where a probe guest"
                                    + " really ran under it, else TCG (slow, but it runs"
                                    + " everywhere); the log says which.");

    public static final Option<String> MACHINE_ACCELERATORS =
            ROWS.words("machine_accelerators", "")
                    .annotated()
                    .help(
                            "Further words for QEMU's -machine, separated by commas; they win over"
                                    + " those that the runtime sets.");

    public static final Option<String> CPU_FEATURES =
            ROWS.words("cpu_features", "pmu=off")
                    .annotated()
                    .help("Features appended to the CPU model, separated by commas.");

    public static final Option<Long> DEFAULT_BRIDGES =
            ROWS.count("default_bridges", 1, 0, 5, "bridges")
                    .withoutEffect("devices are plugged without bridges")
                    .help("PCI bridges for devices that are plugged later.");

    public static final Option<Boolean> ENABLE_IOMMU =
            ROWS.flag("enable_iommu", false)
                    .annotated()
                    .refused("the machine has no virtual IOMMU")
                    .help("Give the guest a virtual IOMMU.");

    public static final Option<Boolean> ENABLE_IOMMU_PLATFORM =
            ROWS.flag("enable_iommu_platform", false)
                    .annotated()
                    .withoutEffect("it is for the CCW devices of s390x")
                    .help("Put devices behind the IOMMU.");

    public static final Option<Path> ENTROPY_SOURCE =
            ROWS.path("entropy_source", "/dev/urandom")
                    .annotated()
                    .allowedBy("valid_entropy_sources")
                    .mustBe(PathCheck.EXISTS)
                    .help("Host file that feeds the guest's random number generator.");

    public static final Option<List<String>> VALID_ENTROPY_SOURCES =
            ROWS.texts("valid_entropy_sources", List.of("/dev/urandom", "/dev/random", ""))
                    .help(
                            "Globs. An entropy source named by an annotation must match one of them.");

    public static final Option<Boolean> USE_LEGACY_SERIAL =
            ROWS.flag("use_legacy_serial", false)
                    .known(Option.Known.GO)
                    .annotated()
                    .neutral(true)
                    .withoutEffect("the console is always a serial port")
                    .help("ISA serial port instead of a virtio console.");

    public static final Option<Boolean> DISABLE_NESTING_CHECKS =
            ROWS.flag("disable_nesting_checks", false)
                    .withoutEffect("modern virtio devices are used inside of VMs as well")
                    .help("No special treatment of a host that is a VM itself.");

    /**
     * Everything of it that QEMU works without: no system calls that are obsolete, no further
     * processes, no change of priorities and affinity, no set-uid programs.
     */
    public static final String SECCOMP_SANDBOX_DEFAULT =
            "on,obsolete=deny,spawn=deny,resourcecontrol=deny,elevateprivileges=deny";

    /** The word for a QEMU that was built without seccomp. */
    public static final String SECCOMP_SANDBOX_OFF = "off";

    public static final Option<String> SECCOMP_SANDBOX =
            ROWS.words("seccompsandbox", SECCOMP_SANDBOX_DEFAULT)
                    .alsoSpelled(Section.HYPERVISOR, "seccomp_sandbox")
                    .help(
                            "QEMU's -sandbox value. Empty, as in Kata's files: the default."
                                    + " \"off\": no filter.");

    public static final Option<Boolean> ROOTLESS =
            ROWS.flag("rootless", true)
                    .annotated()
                    .neutral(false)
                    .withoutEffect("QEMU always runs as a user of its own")
                    .help("Run QEMU as an unprivileged user.");

    public static final Option<Boolean> DISABLE_SELINUX =
            ROWS.flag("disable_selinux", false)
                    .neutral(true)
                    .withoutEffect(
                            "QEMU gets no SELinux label: user, seccomp and devices confine it; the"
                                    + " log names a label that it should have")
                    .help("No SELinux label on QEMU.");

    public static final Option<Boolean> DISABLE_GUEST_SELINUX =
            ROWS.flag("disable_guest_selinux", true)
                    .refused(
                            "labels are not sent to the guest, whose image would need a policy for"
                                    + " them; write true")
                    .help("No SELinux in the guest: its kernel gets selinux=0.");

    public static final Option<String> GUEST_HOOK_PATH =
            ROWS.text("guest_hook_path", "")
                    .annotated()
                    .help(
                            "Directory inside the guest with OCI hooks that the agent runs; empty:"
                                    + " none.");

    private VmOptions() {}

    static List<Option<?>> rows() {
        return ROWS.rows();
    }
}
