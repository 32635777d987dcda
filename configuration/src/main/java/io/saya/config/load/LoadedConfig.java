package io.saya.config.load;

import io.saya.config.HostSize;
import io.saya.config.Problem;
import io.saya.config.RuntimeConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * A configuration that a sandbox may be started with.
 *
 * @param config what the runtime works with
 * @param effective every value with its origin
 * @param sources the files that were read
 * @param warnings for the log
 * @param host what "as much as the host has" means
 */
public record LoadedConfig(
        RuntimeConfig config,
        EffectiveConfig effective,
        ConfigSources sources,
        List<Problem> warnings,
        HostSize host) {

    public LoadedConfig {
        warnings = List.copyOf(warnings);
    }

    /** A copy with values changed afterwards, which must have been checked. */
    public LoadedConfig with(EffectiveConfig changed, List<Problem> furtherWarnings) {
        List<Problem> all = new ArrayList<>(warnings);
        all.addAll(furtherWarnings);
        return new LoadedConfig(
                RuntimeConfigAssembly.assemble(changed, host), changed, sources, all, host);
    }
}
