package io.saya.config.load;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The files that were read.
 *
 * @param file the main file, resolved; empty: there is none, the built-in defaults hold
 * @param chosenBy why this one, such as {@code environment variable SAYA_CONF_FILE}
 * @param dropIns in the order in which they were merged
 */
public record ConfigSources(Optional<Path> file, String chosenBy, List<Path> dropIns) {
    public ConfigSources {
        dropIns = List.copyOf(dropIns);
    }

    /** Says for the log which file was read and what named it, or that there is none. */
    @Override
    public String toString() {
        String main = file.isPresent() ? file.get() + " (" + chosenBy + ")" : "built-in defaults";
        return dropIns.isEmpty() ? main : main + " with drop-ins " + dropIns;
    }
}
