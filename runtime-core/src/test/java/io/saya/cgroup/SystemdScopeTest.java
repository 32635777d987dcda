package io.saya.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.cgroup.SystemdScope.Endpoint;
import io.saya.cgroup.dbus.FakeManager;
import io.saya.cgroup.dbus.FakeManager.Behaviour;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
final class SystemdScopeTest {
    private static final Path DAEMON = Path.of("/usr/bin/dbus-daemon");
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String POD = "kubepods-pod1.slice";
    private static final String UNIT = "cri-containerd-box.scope";
    private static final SystemdScope SCOPE =
            SystemdScope.of(POD + ":cri-containerd:box", "box").orElseThrow();

    @TempDir Path directory;

    private Endpoint endpoint(boolean bus) {
        return new Endpoint(directory.resolve("socket"), bus);
    }

    @Test
    void itIsNamedAsRuncNamesIt() {
        assertThat(SCOPE)
                .isEqualTo(new SystemdScope(POD, UNIT, "/kubepods.slice/kubepods-pod1.slice"));
        assertThat(SCOPE.path())
                .isEqualTo(new CgroupPath("/kubepods.slice/kubepods-pod1.slice", UNIT, true));
        assertThat(SystemdScope.of(":docker:c1", "box"))
                .contains(
                        new SystemdScope("system.slice", "docker-saya_c1.scope", "/system.slice"));
        assertThat(SystemdScope.of("/kubepods/pod1/box", "box")).isEmpty();
        assertThat(SystemdScope.of(POD + ":a b:box", "box")).isEmpty();
        assertThat(SystemdScope.of(POD + ":" + "a".repeat(250) + ":box", "box")).isEmpty();
    }

    @Test
    void systemdIsLookedForWhereItIs() throws Exception {
        assertThat(Endpoint.firstOf(List.of(endpoint(false)))).isEmpty();
        Files.createFile(directory.resolve("socket"));
        assertThat(
                        Endpoint.firstOf(
                                List.of(
                                        new Endpoint(directory.resolve("nowhere"), false),
                                        endpoint(true))))
                .isEqualTo(Optional.of(endpoint(true)));
    }

    @Test
    void systemdIsAskedForAScopeWithTheProcess() throws Exception {
        try (FakeManager manager = FakeManager.at(endpoint(false).path(), Behaviour.OBEYS)) {
            SCOPE.start(endpoint(false), 4711, LIMIT);
            assertAsked(manager.asked());
        }
    }

    private static void assertAsked(FakeManager.Asked asked) {
        assertThat(asked.unit()).isEqualTo(UNIT);
        assertThat(asked.mode()).isEqualTo("fail");
        assertThat(asked.properties())
                .containsEntry("Slice", POD)
                .containsEntry("Delegate", "true")
                .containsEntry("DefaultDependencies", "false")
                .containsEntry("CollectMode", "inactive-or-failed")
                .containsEntry("PIDs", "1:4711")
                .containsOnlyKeys(
                        "Description",
                        "Slice",
                        "CollectMode",
                        "Delegate",
                        "DefaultDependencies",
                        "PIDs");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "REFUSES | org.freedesktop.systemd1.UnitExists: It is there.",
                "FAILS | systemd has not started cri-containerd-box.scope: failed",
                "TALKS_NONSENSE | a message of D-Bus of",
                "HANGS_UP | has hung up",
            })
    void whatSystemdObjectsToIsSaid(Behaviour behaviour, String words) throws Exception {
        try (FakeManager manager = FakeManager.at(endpoint(false).path(), behaviour)) {
            assertThatThrownBy(() -> SCOPE.start(endpoint(false), 4711, LIMIT))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(words);
            assertAsked(manager.asked());
        }
    }

    @Test
    void aSystemdThatSaysNothingIsGivenUp() throws Exception {
        try (FakeManager manager = FakeManager.at(endpoint(false).path(), Behaviour.SAYS_NOTHING)) {
            assertThatThrownBy(() -> SCOPE.start(endpoint(false), 4711, Duration.ofMillis(300)))
                    .hasMessageContaining("does not answer in time");
            assertAsked(manager.asked());
        }
        assertThatThrownBy(() -> SCOPE.start(endpoint(false), 4711, LIMIT))
                .isInstanceOf(IOException.class);
    }

    /** A bus ends the connection of whoever sends it what is no message. */
    @Test
    void aRealBusTakesTheMessagesAndPassesThemOn() throws Exception {
        assumeTrue(Files.isExecutable(DAEMON), "needs dbus-daemon");
        Path socket = directory.resolve("socket");
        Path configuration =
                Files.writeString(
                        directory.resolve("bus.conf"),
                        """
                        <busconfig>
                          <type>custom</type>
                          <listen>unix:path=%s</listen>
                          <auth>EXTERNAL</auth>
                          <policy context="default">
                            <allow user="*"/>
                            <allow own="*"/>
                            <allow send_destination="*" eavesdrop="true"/>
                            <allow receive_sender="*"/>
                          </policy>
                        </busconfig>
                        """
                                .formatted(socket));
        Process daemon =
                new ProcessBuilder(
                                DAEMON.toString(),
                                "--nofork",
                                "--nosyslog",
                                "--print-address",
                                "--config-file=" + configuration)
                        .redirectErrorStream(true)
                        .start();
        try {
            // It prints its address once it listens there.
            assertThat(daemon.inputReader().readLine()).startsWith("unix:path=" + socket);
            try (FakeManager manager = FakeManager.on(socket, Behaviour.OBEYS)) {
                SCOPE.start(endpoint(true), 4711, LIMIT);
                assertAsked(manager.asked());
            }
            // Without anybody of that name the bus itself says so.
            assertThatThrownBy(() -> SCOPE.start(endpoint(true), 4711, LIMIT))
                    .hasMessageContaining("org.freedesktop.DBus.Error.");
        } finally {
            daemon.destroyForcibly().waitFor();
        }
    }
}
