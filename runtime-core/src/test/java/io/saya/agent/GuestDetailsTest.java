package io.saya.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class GuestDetailsTest {

    @Test
    void theDefaultGuestsAgentIsKnownByItsBuild() throws Exception {
        // The version as the agent's own source has it, so that the two cannot part.
        String source =
                Files.readString(Path.of("../packaging/guest/agent/src/guest.c"))
                        .lines()
                        .filter(line -> line.contains("agent_version[] ="))
                        .findFirst()
                        .orElseThrow();
        int begin = source.indexOf('"') + 1;
        String version = source.substring(begin, source.indexOf('"', begin)) + "0.1.0";

        GuestDetails details = GuestDetails.of(version, true);

        assertThat(details.traits())
                .containsExactlyInAnyOrder(
                        AgentTrait.CONNECTS_PORTS,
                        AgentTrait.FORWARDS_SOCKETS,
                        AgentTrait.MOUNTS_FILES,
                        AgentTrait.JOINS_PID_NAMESPACE,
                        AgentTrait.SLEWS_CLOCK,
                        AgentTrait.STARTS_FROM_TEMPLATE,
                        AgentTrait.GIVES_UP_PAGE_CACHE,
                        AgentTrait.KEEPS_FILES,
                        AgentTrait.FOLLOWS_NO_LINK_IN_VOLUMES,
                        AgentTrait.KEEPS_OUTPUT);
        assertThat(details.abilities().limits()).isTrue();
        assertThat(details.version()).hasToString(version);
    }

    @Test
    void othersAreTakenForKatas() {
        GuestDetails details = GuestDetails.of("3.2.0-rc0", false);

        assertThat(details.has(AgentTrait.STREAMS_END_WITH_WAIT)).isTrue();
        assertThat(details.abilities().limits()).isFalse();
    }

    /** An agent that reads it by other numbers would allow no system call at all. */
    @Test
    void aProfileOfSeccompIsForAgentsThatReadItAsItIsSent() {
        assertThat(GuestDetails.of("1.13.0", true).abilities().seccomp()).isFalse();
        assertThat(GuestDetails.of("2.1.0", true).abilities().seccomp()).isTrue();
        assertThat(GuestDetails.of("2.1.0", false).abilities().seccomp()).isFalse();
        assertThat(GuestDetails.of("4.1.0+saya.0.1.0", true).abilities().seccomp()).isTrue();
    }

    @Test
    void aVersionIsCutShort() {
        assertThat(GuestDetails.of("9".repeat(1000), false).version().toString()).hasSize(64);
        assertThat(GuestDetails.of("3.2.0\u001b[2J\u0007", false).version())
                .hasToString("3.2.0?[2J?");
    }
}
