package io.saya.shim.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.saya.failure.RuntimeFailure;
import io.saya.proto.containerd.runtimeoptions.Options;
import org.junit.jupiter.api.Test;

class AnyMessagesTest {
    private static final String TYPE = "runtimeoptions.v1.Options";
    private static final Options OPTIONS = Options.newBuilder().setConfigPath("/c").build();

    @Test
    void aMessageIsSentUnderItsBareName() {
        assertThat(AnyMessages.pack(TYPE, OPTIONS).getTypeUrl()).isEqualTo(TYPE);
    }

    @Test
    void aNameIsTakenWithAndWithoutItsPrefix() {
        Any bare = AnyMessages.pack(TYPE, OPTIONS);
        Any prefixed = bare.toBuilder().setTypeUrl("type.googleapis.com/" + TYPE).build();

        assertThat(AnyMessages.unpack(bare, TYPE, Options.parser())).contains(OPTIONS);
        assertThat(AnyMessages.unpack(prefixed, TYPE, Options.parser())).contains(OPTIONS);
    }

    @Test
    void aMessageOfAnotherTypeIsNone() {
        Any foreign = AnyMessages.pack("containerd.runc.v1.Options", OPTIONS);
        Any similar = AnyMessages.pack("x" + TYPE, OPTIONS);

        assertThat(AnyMessages.unpack(foreign, TYPE, Options.parser())).isEmpty();
        assertThat(AnyMessages.unpack(similar, TYPE, Options.parser())).isEmpty();
    }

    @Test
    void bytesThatDoNotParseAreAnInvalidArgument() {
        Any broken =
                Any.newBuilder()
                        .setTypeUrl(TYPE)
                        .setValue(ByteString.copyFrom(new byte[] {0x12, 0x7f}))
                        .build();

        assertThatThrownBy(() -> AnyMessages.unpack(broken, TYPE, Options.parser()))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining(TYPE);
    }
}
