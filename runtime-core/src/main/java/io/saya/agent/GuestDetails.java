package io.saya.agent;

import io.saya.agent.GuestSpec.GuestAbilities;
import io.saya.text.PlainText;
import java.util.Set;

/**
 * What is known of an agent.
 *
 * @param version its version, cut to 64 characters
 * @param abilities what it can do of what not every agent can
 * @param traits what it does differently from other agents
 */
public record GuestDetails(PlainText version, GuestAbilities abilities, Set<AgentTrait> traits) {

    private static final int VERSION_LENGTH = 64;

    /** Makes the set of traits one that cannot be changed. */
    public GuestDetails {
        traits = Set.copyOf(traits);
    }

    /** Judges an agent by what it says of itself, which is checked by nothing. */
    public static GuestDetails of(String version, boolean seccomp) {
        AgentVersion known = AgentVersion.parse(version);
        Set<AgentTrait> traits = AgentTrait.of(known);
        boolean profiles = seccomp && !traits.contains(AgentTrait.NUMBERS_SECCOMP_OTHERWISE);
        return new GuestDetails(
                PlainText.line(version, VERSION_LENGTH),
                new GuestAbilities(profiles, known.own()),
                traits);
    }

    /** The same for who is not to send seccomp profiles. */
    public GuestDetails withoutSeccomp() {
        return new GuestDetails(version, new GuestAbilities(false, abilities.limits()), traits);
    }

    public boolean has(AgentTrait trait) {
        return traits.contains(trait);
    }
}
