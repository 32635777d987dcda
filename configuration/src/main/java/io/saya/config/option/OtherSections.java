package io.saya.config.option;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Sections that Kata's files hold and of which nothing has an effect here. */
final class OtherSections {

    private OtherSections() {}

    static List<Option<?>> rows() {
        List<Option<?>> all = new ArrayList<>();
        all.addAll(factory());
        all.addAll(memAgent());
        all.addAll(kata1Process(Section.PROXY, "the agent is reached without a proxy"));
        all.addAll(kata1Process(Section.SHIM, "one shim serves the whole sandbox"));
        all.addAll(kata1Process(Section.NETMON, "no process watches the network namespace"));
        return all;
    }

    private static List<Option<?>> factory() {
        Rows rows = new Rows(Section.FACTORY);
        String template = "VMs are not started from templates";
        String cache = "VMs are not started ahead of use";
        rows.flag("enable_template", false)
                .alsoSpelled(Section.HYPERVISOR_FACTORY, "enable_template")
                .refused(template)
                .help("Start VMs from a template.");
        rows.path("template_path", "/run/vc/vm/template")
                .alsoSpelled(Section.HYPERVISOR_FACTORY, "template_path")
                .withoutEffect(template)
                .help("Directory of the template.");
        rows.count("vm_cache_number", 0, 0, "VMs")
                .known(Option.Known.GO)
                .refused(cache)
                .help("VMs to keep ready.");
        rows.path("vm_cache_endpoint", "/var/run/kata-containers/cache.sock")
                .known(Option.Known.GO)
                .neutral(Path.of("/var/run/kata-containers/cache.sock"))
                .withoutEffect(cache)
                .help("Socket of the process that keeps them.");
        return rows.rows();
    }

    private static List<Option<?>> memAgent() {
        Rows rows = new Rows(Section.MEM_AGENT);
        String why = "the agent does not reclaim memory by itself";
        rows.flag("mem_agent_enable", false)
                .known(Option.Known.RUST)
                .alsoSpelled(Section.MEM_AGENT, "enable")
                .withoutEffect(why)
                .help("The agent reclaims memory.");
        for (String key : List.of("memcg_disable", "memcg_swap", "compact_disable")) {
            rows.flag(key, false)
                    .known(Option.Known.RUST)
                    .neutral(true)
                    .withoutEffect(why)
                    .help("See mem_agent_enable.");
        }
        for (String key :
                List.of(
                        "memcg_swappiness_max",
                        "memcg_period_secs",
                        "memcg_period_psi_percent_limit",
                        "memcg_eviction_psi_percent_limit",
                        "memcg_eviction_run_aging_count_min",
                        "compact_period_secs",
                        "compact_period_psi_percent_limit",
                        "compact_psi_percent_limit",
                        "compact_sec_max",
                        "compact_order",
                        "compact_threshold",
                        "compact_force_times")) {
            // Numbers that mean nothing while mem_agent_enable is off, and are not told apart.
            rows.row(key, new OpaqueType("uint"), (Object) "")
                    .known(Option.Known.RUST)
                    .defaultText("the agent's")
                    .withoutEffect(why)
                    .help("See mem_agent_enable.");
        }
        return rows.rows();
    }

    private static List<Option<?>> kata1Process(Section section, String why) {
        Rows rows = new Rows(section);
        rows.row("path", new OpaqueType("string"), (Object) "")
                .known(Option.Known.KATA_1)
                .withoutEffect(why)
                .help("The binary.");
        rows.flag("enable_debug", false)
                .known(Option.Known.KATA_1)
                .neutral(true)
                .withoutEffect(why)
                .help("Log everything.");
        if (section == Section.SHIM) {
            rows.flag("enable_tracing", false)
                    .known(Option.Known.KATA_1)
                    .neutral(true)
                    .withoutEffect(why)
                    .help("Export traces.");
        }
        if (section == Section.NETMON) {
            rows.flag("enable_netmon", false)
                    .known(Option.Known.KATA_1)
                    .withoutEffect("interfaces that appear later are not plugged")
                    .help("Watch the network namespace.");
        }
        return rows.rows();
    }
}
