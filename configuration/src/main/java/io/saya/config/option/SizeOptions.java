package io.saya.config.option;

import io.saya.config.CpuConfig;
import java.nio.file.Path;
import java.util.List;

/** {@code [hypervisor.qemu]}: virtual CPUs and memory. */
public final class SizeOptions {

    private static final Rows ROWS = new Rows(Section.HYPERVISOR);

    public static final Option<Double> DEFAULT_VCPUS =
            ROWS.row(
                            "default_vcpus",
                            new DecimalType(-CpuConfig.CEILING, CpuConfig.CEILING, "CPUs"),
                            1.0)
                    .annotated()
                    .help(
                            "Virtual CPUs of a machine with a container that has no quota. 0 stands"
                                    + " for 1, a negative number for as many as the host has, and"
                                    + " more than the host has for as many as it has. The quotas of"
                                    + " others are added, and the sum is rounded up. Where all have"
                                    + " quotas, their sum alone counts.");

    public static final Option<Long> DEFAULT_MAXVCPUS =
            ROWS.count("default_maxvcpus", 0, 0, "CPUs")
                    .annotated("default_max_vcpus")
                    .help(
                            "Virtual CPUs that a machine can have. What containers may use beyond"
                                    + " that is a warning in the log. 0, or more than the host has,"
                                    + " stands for as many as the host has; never more than"
                                    + " 240.");

    public static final Option<Long> DEFAULT_MEMORY =
            ROWS.count("default_memory", 2048, 128, "MiB")
                    .annotated()
                    .help(
                            "Memory of a machine with a container that has no limit. The limits of"
                                    + " others are added. Where all have limits the machine has"
                                    + " their sum, 128 MiB for the guest, and a 63rd of the sum for"
                                    + " its page tables.");

    public static final Option<Long> DEFAULT_MAXMEMORY =
            ROWS.count("default_maxmemory", 0, 0, "MiB")
                    .help(
                            "Memory that a machine can have. What containers may use beyond that is"
                                    + " a warning in the log. 0, or more than the host has, stands for as much as the host has.");

    public static final Option<Long> MEMORY_SLOTS =
            ROWS.count("memory_slots", 10, 0, 256, "slots")
                    .annotated()
                    .help(
                            "For how many memory modules (DIMMs) a machine has a slot that gets"
                                    + " its memory by modules (enable_virtio_mem). Each growth"
                                    + " takes one; when all are used the machine grows no more,"
                                    + " with a warning in the log.");

    public static final Option<Long> MEMORY_OFFSET =
            ROWS.count("memory_offset", 0, 0, "MiB")
                    .annotated()
                    .withoutEffect("no NVDIMM devices are plugged")
                    .help("Added to the ceiling of memory for NVDIMM devices.");

    public static final Option<Boolean> ENABLE_MEM_PREALLOC =
            ROWS.flag("enable_mem_prealloc", false)
                    .annotated()
                    .help(
                            "Take all of a machine's memory from the host before it boots, and what"
                                    + " it is given later before it has it, instead of each page when"
                                    + " the guest touches it. Nothing of it is given back before the"
                                    + " machine ends.");

    public static final Option<Boolean> ENABLE_HUGEPAGES =
            ROWS.flag("enable_hugepages", false)
                    .annotated()
                    .help(
                            "Take a machine's memory from the host's huge pages (of the default"
                                    + " size), all of it ahead as with enable_mem_prealloc. A start"
                                    + " for which there are too few fails and says how many are"
                                    + " missing.");

    public static final Option<String> HUGEPAGE_TYPE =
            ROWS.row("hugepage_type", Rows.oneOf("hugetlbfs", "thp"), "hugetlbfs")
                    .known(Option.Known.RUST)
                    .annotated()
                    .neutral("hugetlbfs")
                    .withoutEffect(
                            "huge pages are those of hugetlbfs; what is to be transparent is the host's to say, in /sys/kernel/mm/transparent_hugepage/shmem_enabled")
                    .help("Kind of huge pages.");

    public static final Option<Boolean> ENABLE_VIRTIO_MEM =
            ROWS.flag("enable_virtio_mem", false)
                    .annotated()
                    .help(
                            "Resize memory by virtio-mem, which also gives it back; the guest's"
                                    + " kernel needs CONFIG_VIRTIO_MEM. The default guest has it"
                                    + " and always uses it. Otherwise memory comes in modules"
                                    + " (DIMMs) of 128 MiB and more, for which any kernel with"
                                    + " CONFIG_ACPI_HOTPLUG_MEMORY will do, and stays until the"
                                    + " machine ends; what the guest frees of it goes back by"
                                    + " reclaim_guest_freed_memory.");

    public static final Option<Boolean> RECLAIM_GUEST_FREED_MEMORY =
            ROWS.flag("reclaim_guest_freed_memory", true)
                    .annotated()
                    .help("Give memory that the guest freed back to the host, within seconds.");

    public static final Option<Boolean> ENABLE_GUEST_SWAP =
            ROWS.flag("enable_guest_swap", false)
                    .annotated()
                    .help(
                            "Give the guest swap, in a sparse file of the host, for containers that"
                                    + " ask for it: by memory.swap above memory.limit (or"
                                    + " memory.swap.max), or by a swappiness above 0; of a pod also"
                                    + " by the annotations"
                                    + " io.katacontainers.container.resource.swappiness and"
                                    + " .swap_in_bytes. Costs each boot what four places for disks"
                                    + " cost. The guest's kernel swaps with its own swappiness.");

    public static final Option<Path> GUEST_SWAP_PATH =
            ROWS.path("guest_swap_path", "/var/lib/saya/swap")
                    .known(Option.Known.RUST)
                    .help(
                            "Directory of the swap files, on a disk; it is made when it is needed."
                                    + " A file loses its name when QEMU has it, and takes what is"
                                    + " swapped out.");

    public static final Option<Long> GUEST_SWAP_SIZE_PERCENT =
            ROWS.count("guest_swap_size_percent", 100, 0, "percent")
                    .known(Option.Known.RUST)
                    .help(
                            "Swap of a container that does not say how much it wants, in per cent"
                                    + " of its memory limit; where it has none, of default_memory.");

    public static final Option<Long> GUEST_SWAP_CREATE_THRESHOLD_SECS =
            ROWS.count("guest_swap_create_threshold_secs", 60, 0, "seconds")
                    .known(Option.Known.RUST)
                    .withoutEffect("swap is there before the container that asks for it")
                    .help("Delay before swap is plugged.");

    public static final Option<Boolean> ENABLE_NUMA =
            ROWS.flag("enable_numa", false)
                    .known(Option.Known.GO)
                    .help(
                            "Give the guest a NUMA node for each of the host's, with an equal part"
                                    + " of its memory, which is taken from that node of the host"
                                    + " alone, and of its virtual CPUs. On a host with one node, and"
                                    + " without numa_mapping, it changes nothing, and the log says"
                                    + " so. Not together with a template.");

    public static final Option<List<String>> NUMA_MAPPING =
            ROWS.texts("numa_mapping", List.of())
                    .known(Option.Known.GO)
                    .annotated()
                    .help(
                            "With enable_numa: the guest's nodes, for each those of the host that"
                                    + " its memory comes from, such as [\"0-1\", \"2-3\"]; empty:"
                                    + " one for each of the host's.");

    public static final Option<Double> OVERHEAD_VCPUS =
            ROWS.row("overhead_vcpus", new DecimalType(0, CpuConfig.CEILING, "CPUs"), 0.0)
                    .known(Option.Known.RUST)
                    .help(
                            "CPUs of a statically sized machine (static_sandbox_resource_mgmt) beside"
                                    + " what its containers may use, as of Kata's Rust runtime. Where"
                                    + " this or overhead_memory is above 0 they stand in for"
                                    + " default_vcpus and default_memory, which are left for pods"
                                    + " without any limit, the memory for those without one of it.");

    public static final Option<Long> OVERHEAD_MEMORY =
            ROWS.count("overhead_memory", 0, 0, "MiB")
                    .known(Option.Known.RUST)
                    .help(
                            "Memory of such a machine beside what its containers may use. It has at"
                                    + " least what a machine that is not static has: 128 MiB and a"
                                    + " 63rd of the containers' memory.");

    public static final Option<Boolean> DISABLE_NESTED_VIRTUALIZATION =
            ROWS.flag("disable_nested_virtualization", false)
                    .known(Option.Known.RUST)
                    .help("Hide the host's virtualization extensions (VMX, SVM) from the guest.");

    private SizeOptions() {}

    static List<Option<?>> rows() {
        return ROWS.rows();
    }
}
