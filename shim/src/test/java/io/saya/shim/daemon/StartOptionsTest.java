package io.saya.shim.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.saya.proto.containerd.bootstrap.BootstrapParams;
import io.saya.proto.containerd.bootstrap.Extension;
import io.saya.proto.containerd.runtimeoptions.Options;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StartOptionsTest {
    private static final String ID = "sandbox-1";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "runtimeoptions.v1.Options",
                "type.googleapis.com/runtimeoptions.v1.Options"
            })
    void containerdUpTo22WritesTheOptions(String type) {
        assertThat(parse(options(type).toByteArray())).contains(Path.of("/etc/saya.toml"));
    }

    @Test
    void containerdFrom23WritesThemInAnExtension() {
        byte[] stdin =
                BootstrapParams.newBuilder()
                        .setInstanceId(ID)
                        .setNamespace("k8s.io")
                        .addExtensions(
                                Extension.newBuilder()
                                        .setValue(Any.newBuilder().setTypeUrl("foreign.Thing")))
                        .addExtensions(
                                Extension.newBuilder()
                                        .setValue(options("runtimeoptions.v1.Options")))
                        .build()
                        .toByteArray();

        assertThat(parse(stdin)).contains(Path.of("/etc/saya.toml"));
    }

    @Test
    void nothingAndOptionsOfAForeignRuntimeAreNoOptions() {
        assertThat(parse(new byte[0])).isEmpty();
        assertThat(parse(options("containerd.runc.v1.Options").toByteArray())).isEmpty();
    }

    @Test
    void noBytesMakeStartFail() {
        Random random = new Random(42);
        byte[] valid = options("runtimeoptions.v1.Options").toByteArray();
        for (int i = 0; i < 10_000; i++) {
            byte[] damaged = valid.clone();
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            assertThat(parse(damaged)).isNotNull();
        }
    }

    private static Optional<Path> parse(byte[] stdin) {
        return StartOptions.parse(ByteBuffer.wrap(stdin).asReadOnlyBuffer(), ID).configPath();
    }

    private static Any options(String type) {
        ByteString options =
                Options.newBuilder().setConfigPath("/etc/saya.toml").build().toByteString();
        return Any.newBuilder().setTypeUrl(type).setValue(options).build();
    }
}
