package io.saya.config.load;

import io.saya.config.option.AgentOptions;
import io.saya.config.option.MemoryAgentOptions;
import io.saya.config.option.Option;
import java.util.ArrayList;
import java.util.List;

/**
 * What agents read from the kernel's command line. A word that an agent does not know means nothing
 * to it, so no word stands there that was not asked for.
 */
final class AgentWords {

    private AgentWords() {}

    static List<String> of(EffectiveConfig values) {
        List<String> words = new ArrayList<>();
        String level = values.value(AgentOptions.LOG_LEVEL);
        if (values.value(AgentOptions.ENABLE_DEBUG)) {
            words.add("agent.log=debug");
        } else if (!level.equals(AgentOptions.LOG_LEVEL.defaultValue())) {
            words.add("agent.log=" + level);
        }
        long pipe = values.value(AgentOptions.CONTAINER_PIPE_SIZE);
        if (pipe > 0) {
            words.add("agent.container_pipe_size=" + pipe);
        }
        if (values.value(MemoryAgentOptions.ENABLE)) {
            memory(values, words);
        }
        return words;
    }

    /** The switch comes first: an agent reads what follows only if it is on. */
    private static void memory(EffectiveConfig values, List<String> words) {
        words.add("agent.mem_agent_enable=1");
        for (Option<?> option : MemoryAgentOptions.rows()) {
            if (option != MemoryAgentOptions.ENABLE && values.isSet(option)) {
                words.add("agent.mem_agent_" + option.key() + "=" + values.value(option));
            }
        }
    }
}
