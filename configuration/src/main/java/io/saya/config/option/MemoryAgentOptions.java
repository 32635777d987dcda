package io.saya.config.option;

import java.util.List;

/**
 * {@code [agent.kata.mem_agent]}: what the agent does by itself about the guest's memory. Agents of
 * Kata from 3.13 on read it from the kernel's command line.
 */
public final class MemoryAgentOptions {

    private static final Rows ROWS = new Rows(Section.MEM_AGENT);

    public static final Option<Boolean> ENABLE =
            ROWS.flag("mem_agent_enable", false)
                    .known(Option.Known.RUST)
                    .alsoSpelled(Section.MEM_AGENT, "enable")
                    .help(
                            "The agent reclaims memory of the guest by itself. Agents of Kata 3.13"
                                    + " and later can; others, the default guest's too, take no"
                                    + " notice.");

    private MemoryAgentOptions() {}

    static {
        for (String key : List.of("memcg_disable", "memcg_swap", "compact_disable")) {
            ROWS.flag(key, false).known(Option.Known.RUST).help("See mem_agent_enable.");
        }
        number("memcg_swappiness_max", 50);
        number("memcg_period_secs", 600);
        number("memcg_period_psi_percent_limit", 1);
        number("memcg_eviction_psi_percent_limit", 1);
        number("memcg_eviction_run_aging_count_min", 3);
        number("compact_period_secs", 600);
        number("compact_period_psi_percent_limit", 1);
        number("compact_psi_percent_limit", 5);
        number("compact_sec_max", 300);
        number("compact_order", 9);
        number("compact_threshold", 1024);
        number("compact_force_times", Long.MAX_VALUE);
    }

    private static void number(String key, long defaultValue) {
        ROWS.count(key, defaultValue, 0, Long.MAX_VALUE, "")
                .known(Option.Known.RUST)
                .help("See mem_agent_enable.");
    }

    /** The rows, in the order of the table; the first is {@link #ENABLE}. */
    public static List<Option<?>> rows() {
        return ROWS.rows();
    }
}
