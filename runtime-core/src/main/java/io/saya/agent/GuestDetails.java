package io.saya.agent;

import io.saya.oci.GuestSpec.GuestAbilities;

/**
 * What is known of an agent.
 *
 * @param version its version, cut to 64 characters
 * @param abilities what it can do of what not every agent can
 * @param connectsPorts whether it connects to ports of the guest
 * @param mountsFiles whether it mounts the file system that is in a file (driver {@code loop})
 * @param streamsOutliveWait whether output stays readable after the exit status was fetched. With
 *     Kata's agents it does not: there the streams are read to their ends first (reference:
 *     kata-agent.md §3.4)
 */
public record GuestDetails(
        String version,
        GuestAbilities abilities,
        boolean connectsPorts,
        boolean mountsFiles,
        boolean streamsOutliveWait) {

    private static final int VERSION_LENGTH = 64;

    /**
     * What the default guest's agent has behind the version of Kata's agent that it speaks like:
     * build metadata in the sense of Semantic Versioning, as in {@code 4.1.0+saya.0.1.0}.
     */
    private static final String OWN_BUILD = "+saya.";

    /** Judges an agent by what it says of itself, which is checked by nothing. */
    static GuestDetails of(String version, boolean seccomp) {
        boolean own = version.contains(OWN_BUILD);
        return new GuestDetails(
                version.substring(0, Math.min(VERSION_LENGTH, version.length())),
                new GuestAbilities(seccomp, own),
                own,
                own,
                own);
    }
}
