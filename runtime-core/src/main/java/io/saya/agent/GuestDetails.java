package io.saya.agent;

import io.saya.oci.GuestSpec.GuestAbilities;

/**
 * What is known of an agent.
 *
 * @param version its version, cut to 64 characters
 * @param abilities what it can do of what not every agent can
 * @param streamsOutliveWait whether output stays readable after the exit status was fetched. With
 *     Kata's agents it does not: there the streams are read to their ends first (reference:
 *     kata-agent.md §3.4)
 */
public record GuestDetails(String version, GuestAbilities abilities, boolean streamsOutliveWait) {}
