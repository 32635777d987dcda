package io.saya.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonString;
import io.saya.proto.agent.oci.LinuxCapabilities;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PrivilegedTest {

    private static final LinuxCapabilities ALL =
            LinuxCapabilities.newBuilder()
                    .addAllBounding(
                            List.of(
                                    "CAP_CHOWN",
                                    "CAP_MKNOD",
                                    "CAP_SYS_ADMIN",
                                    "CAP_SYS_MODULE",
                                    "CAP_SYS_RAWIO"))
                    .build();

    @Test
    void allRightsAndNothingMasked() {
        assertThat(Privileged.is(ALL, JsonObject.EMPTY)).isTrue();
    }

    @Test
    void aRightThatIsMissingOrAMaskedPathSaysOtherwise() {
        assertThat(
                        Privileged.is(
                                LinuxCapabilities.newBuilder()
                                        .addBounding("CAP_SYS_ADMIN")
                                        .addBounding("CAP_MKNOD")
                                        .build(),
                                JsonObject.EMPTY))
                .isFalse();
        assertThat(
                        Privileged.is(
                                ALL,
                                new JsonObject(
                                        Map.of(
                                                "maskedPaths",
                                                JsonArray.of(new JsonString("/proc/kcore"))))))
                .isFalse();
    }
}
