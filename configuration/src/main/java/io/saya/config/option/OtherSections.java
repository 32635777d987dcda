package io.saya.config.option;

import java.util.ArrayList;
import java.util.List;

/** Sections that Kata's files hold and of which nothing has an effect here. */
final class OtherSections {

    private OtherSections() {}

    static List<Option<?>> rows() {
        List<Option<?>> all = new ArrayList<>();
        all.addAll(memAgent());
        all.addAll(kata1Process(Section.PROXY, "the agent is reached without a proxy"));
        all.addAll(kata1Process(Section.SHIM, "one shim serves the whole sandbox"));
        all.addAll(kata1Process(Section.NETMON, "no process watches the network namespace"));
        all.addAll(image());
        return all;
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
        number(rows, "memcg_swappiness_max", 50, why);
        number(rows, "memcg_period_secs", 600, why);
        number(rows, "memcg_period_psi_percent_limit", 1, why);
        number(rows, "memcg_eviction_psi_percent_limit", 1, why);
        number(rows, "memcg_eviction_run_aging_count_min", 3, why);
        number(rows, "compact_period_secs", 600, why);
        number(rows, "compact_period_psi_percent_limit", 1, why);
        number(rows, "compact_psi_percent_limit", 5, why);
        number(rows, "compact_sec_max", 300, why);
        number(rows, "compact_order", 9, why);
        number(rows, "compact_threshold", 1024, why);
        number(rows, "compact_force_times", Long.MAX_VALUE, why);
        return rows.rows();
    }

    private static void number(Rows rows, String key, long defaultValue, String why) {
        rows.count(key, defaultValue, 0, Long.MAX_VALUE, "")
                .known(Option.Known.RUST)
                .withoutEffect(why)
                .help("See mem_agent_enable.");
    }

    private static List<Option<?>> image() {
        Rows rows = new Rows(Section.IMAGE);
        String why = "images are pulled by containerd, on the host";
        rows.flag("service_offload", false)
                .known(Option.Known.GO)
                .refused(why)
                .help("Pull images inside the guest.");
        rows.text("provision", "")
                .known(Option.Known.GO)
                .withoutEffect(why)
                .help("Where keys of encrypted images come from.");
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
