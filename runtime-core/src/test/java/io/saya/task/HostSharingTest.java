package io.saya.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.saya.event.RootfsMount;
import io.saya.failure.RuntimeFailure;
import io.saya.failure.RuntimeFailure.Kind;
import io.saya.oci.OciSpec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a container wants to share with the host is refused by name, or told of by name. */
class HostSharingTest {

    private static final String ALL =
            "{\"type\": \"pid\"}, {\"type\": \"ipc\"}, {\"type\": \"uts\"}";

    @ParameterizedTest
    @ValueSource(strings = {"shared", "rshared"})
    void aVolumeThatIsToSpreadToTheHostIsRefused(String propagation) {
        OciSpec spec = withVolume(propagation);

        assertThatThrownBy(() -> HostSharing.check("c1", spec, List.of()))
                .isInstanceOfSatisfying(
                        RuntimeFailure.class,
                        refusal -> assertThat(refusal.kind()).isEqualTo(Kind.INVALID_ARGUMENT))
                .hasMessageContaining("mount of /srv at /data")
                .hasMessageContaining("Bidirectional");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rslave", "slave", "rprivate", "private", "ro"})
    void anyOtherIsNot(String option) {
        OciSpec spec = withVolume(option);

        assertThatCode(() -> HostSharing.check("c1", spec, List.of())).doesNotThrowAnyException();
    }

    @Test
    void mappedIdsAreRefused() {
        RootfsMount mapped =
                new RootfsMount(
                        "overlay", "overlay", "", List.of("lowerdir=/a", "uidmap=0:100000:65536"));

        assertThatThrownBy(() -> HostSharing.check("c1", spec(ALL, "", "[]"), List.of(mapped)))
                .hasMessageContaining("uidmap=0:100000:65536")
                .hasMessageContaining("hostUsers");
    }

    @Test
    void aUserNamespaceIsRefused() {
        OciSpec spec = spec(ALL + ", {\"type\": \"user\"}", "", "[]");

        assertThatThrownBy(() -> HostSharing.check("c1", spec, List.of()))
                .hasMessageContaining("a user namespace")
                .hasMessageContaining("userns-remap");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"defaultAction\":\"SCMP_ACT_NOTIFY\",\"listenerPath\":\"/run/a.sock\"}",
                "{\"syscalls\":[{},{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_NOTIFY\"}]}"
            })
    void aProfileOfCallsThatTheHostIsToDecideOnIsRefused(String profile) {
        OciSpec spec = parsed("{\"linux\":{\"seccomp\":" + profile + "}}");

        assertThatThrownBy(() -> HostSharing.check("c1", spec, List.of()))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("SCMP_ACT_NOTIFY");
    }

    @Test
    void anyOtherProfileIsNot() {
        OciSpec spec =
                parsed(
                        "{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":"
                                + "[{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_ALLOW\"}]}}}");

        assertThatCode(() -> HostSharing.check("c1", spec, List.of())).doesNotThrowAnyException();
    }

    @Test
    void aClassOfTheProcessorsCacheIsRefusedWhereTheHostHasNone() {
        assumeFalse(Files.exists(Path.of("/sys/fs/resctrl/schemata")));
        OciSpec spec = parsed("{\"linux\":{\"intelRdt\":{\"closID\":\"gold\"}}}");

        assertThatThrownBy(() -> HostSharing.check("c1", spec, List.of()))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("intelRdt");
    }

    @Test
    void theNamespacesThatTheMachineStandsInForAreNamed() {
        assertThat(HostSharing.standsIn(spec("", "container", "[]")))
                .satisfiesExactly(
                        pid -> assertThat(pid).startsWith("hostPID: "),
                        ipc -> assertThat(ipc).startsWith("hostIPC: "),
                        uts -> assertThat(uts).startsWith("the host's UTS namespace: "));
        assertThat(HostSharing.standsIn(spec(ALL, "container", "[]"))).isEmpty();
        assertThat(HostSharing.standsIn(spec("", "sandbox", "[]")))
                .as("the pause container shows nothing to anybody")
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ipc", "uts"})
    void aNamespaceOfAnotherContainerIsRefusedToOneStartedAlone(String type) {
        String named = "{\"type\": \"%s\", \"path\": \"/proc/17/ns/%s\"}".formatted(type, type);

        assertThatThrownBy(() -> HostSharing.check("c1", spec(named, "", "[]"), List.of()))
                .isInstanceOfSatisfying(
                        RuntimeFailure.class,
                        refusal -> assertThat(refusal.kind()).isEqualTo(Kind.INVALID_ARGUMENT))
                .hasMessageContaining(type + " namespace /proc/17/ns/" + type);
        assertThatCode(() -> HostSharing.check("c1", spec(named, "container", "[]"), List.of()))
                .as("a pod's is its VM's")
                .doesNotThrowAnyException();
    }

    @Test
    void aRefusalFailsTheCreationAndLeavesNothing(@TempDir Path directory) {
        SandboxFixture fixture = new SandboxFixture(directory);
        fixture.createSandboxContainer("sandbox");
        fixture.bundle("app1", "container", "sleep");
        OciSpec spec = withVolume("rshared");

        assertThatThrownBy(() -> fixture.tasks.create(fixture.request("app1"), spec))
                .hasMessageContaining("cannot create container app1")
                .hasMessageContaining("Bidirectional");
        assertThatThrownBy(() -> fixture.tasks.state("app1", ""))
                .hasMessageContaining("does not exist");
        fixture.sandbox.stop();
    }

    private static OciSpec withVolume(String option) {
        return spec(
                ALL,
                "container",
                ("[{\"destination\": \"/data\", \"type\": \"bind\", \"source\": \"/srv\","
                                + " \"options\": [\"rbind\", \"%s\"]}]")
                        .formatted(option));
    }

    private static OciSpec parsed(String json) {
        return OciSpec.parse(json.getBytes(StandardCharsets.UTF_8));
    }

    private static OciSpec spec(String namespaces, String type, String mounts) {
        String annotations =
                type.isEmpty() ? "" : "\"io.kubernetes.cri.container-type\": \"" + type + "\"";
        return OciSpec.parse(
                "{\"annotations\": {%s}, \"mounts\": %s, \"linux\": {\"namespaces\": [%s]}}"
                        .formatted(annotations, mounts, namespaces)
                        .getBytes(StandardCharsets.UTF_8));
    }
}
