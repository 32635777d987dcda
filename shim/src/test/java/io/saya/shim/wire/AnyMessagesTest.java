package io.saya.shim.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.proto.containerd.runtimeoptions.Options;
import org.junit.jupiter.api.Test;

class AnyMessagesTest {
    private static final String TYPE = "runtimeoptions.v1.Options";
    private static final Options OPTIONS = Options.newBuilder().setConfigPath("/c").build();

    @Test
    void aMessageIsSentUnderItsBareName() {
        assertThat(AnyMessages.pack(TYPE, OPTIONS).getTypeUrl()).isEqualTo(TYPE);
    }
}
