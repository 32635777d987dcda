package io.saya.agent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StartErrorTest {
    private static final String CAUSE =
            "unable to start container process: exec: \"x\": executable file not found in $PATH";

    @Test
    void theGuestsFramingIsLeftOut() {
        String text = "agent, INTERNAL: CreateContainer c1: " + CAUSE;
        assertThat(StartError.ofContainer(text)).hasValue("OCI runtime create failed: " + CAUSE);
        assertThat(StartError.ofExec(text))
                .hasValue("OCI runtime exec failed: exec failed: " + CAUSE);
    }

    @Test
    void otherFailuresAreNotStartErrors() {
        assertThat(StartError.ofContainer("agent, CreateContainer: the connection is lost"))
                .isEmpty();
    }
}
