package io.saya.agent;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The release that an agent says it is. Nothing checks it: a guest gains nothing by a lie but to be
 * treated as that release.
 *
 * @param major -1 if what it says is no version
 * @param minor -1 likewise
 * @param own whether it is the default guest's agent
 */
record AgentVersion(int major, int minor, boolean own) {

    /** An agent that has not said yet what it is, or says nothing that can be read. */
    static final AgentVersion UNKNOWN = new AgentVersion(-1, -1, false);

    /** Ranks of all releases that there can be. */
    static final int FIRST = 0;

    static final int LAST = Integer.MAX_VALUE;

    /**
     * What the default guest's agent has behind the version of Kata's agent that it speaks like:
     * build metadata in the sense of Semantic Versioning, as in {@code 4.1.0+saya.0.1.0}.
     */
    private static final String OWN_BUILD = "+saya.";

    private static final Pattern NUMBERS = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})(?:\\D.*)?");

    /** Reads {@code 3.2.0-rc0} and the like. */
    static AgentVersion parse(String text) {
        Matcher numbers = NUMBERS.matcher(text);
        if (!numbers.matches()) {
            return UNKNOWN;
        }
        return new AgentVersion(
                Integer.parseInt(numbers.group(1)),
                Integer.parseInt(numbers.group(2)),
                text.contains(OWN_BUILD));
    }

    boolean isKnown() {
        return major >= 0;
    }

    /** The rank of the release among all of its maker's. */
    int rank() {
        return rank(major, minor);
    }

    /** A later release has a higher rank. */
    static int rank(int major, int minor) {
        return major * 10_000 + minor;
    }
}
