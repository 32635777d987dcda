package io.saya.config.option;

import java.nio.file.Path;
import java.util.List;

/** Section {@code [factory]}. */
public final class FactoryOptions {

    private static final Rows ROWS = new Rows(Section.FACTORY);

    public static final Option<Boolean> ENABLE_TEMPLATE =
            ROWS.flag("enable_template", false)
                    .alsoSpelled(Section.HYPERVISOR_FACTORY, "enable_template")
                    .annotated()
                    .help(
                            "Start the VMs of the default guest from a template: the saved state of"
                                    + " one that has booted, which the first start of its kind has"
                                    + " made in the background. VMs of one template begin with the"
                                    + " same memory; what must differ is made anew before a"
                                    + " container runs.");

    public static final Option<Path> TEMPLATE_PATH =
            ROWS.path("template_path", "/run/saya/templates")
                    .alsoSpelled(Section.HYPERVISOR_FACTORY, "template_path")
                    .help(
                            "Directory of the templates, at most 4 of 256 MiB each; it should be on a"
                                    + " tmpfs.");

    static {
        String cache = "VMs are not started ahead of use";
        ROWS.count("vm_cache_number", 0, 0, "VMs")
                .known(Option.Known.GO)
                .alsoSpelled(Section.HYPERVISOR_FACTORY, "vm_cache_number")
                .refused(cache)
                .help("VMs to keep ready.");
        ROWS.path("vm_cache_endpoint", "/var/run/kata-containers/cache.sock")
                .known(Option.Known.GO)
                .alsoSpelled(Section.HYPERVISOR_FACTORY, "vm_cache_endpoint")
                .withoutEffect(cache)
                .help("Socket of the process that keeps them.");
    }

    private FactoryOptions() {}

    static List<Option<?>> rows() {
        return ROWS.rows();
    }
}
