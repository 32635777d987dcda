package io.saya.host.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.host.HostFailure;
import io.saya.host.HostProcess;
import io.saya.host.Placement;
import io.saya.host.Placement.Privileges;
import io.saya.host.ProcessExit;
import io.saya.host.SpawnSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

@EnabledIf("io.saya.host.guard.RealGuard#available")
@Timeout(60)
class PlacementTest {
    @TempDir Path directory;

    private static SpawnSpec shell(
            String script, Optional<Path> networkNamespace, Placement placement) {
        return new SpawnSpec(
                List.of("/bin/sh", "-c", script),
                Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
                List.of(),
                networkNamespace,
                Path.of("/"),
                placement);
    }

    /** Runs to the end and returns what it wrote. */
    private static String outputOf(GuardHost host, SpawnSpec spec) throws Exception {
        HostProcess process = host.spawn(spec);
        ProcessExit exit = process.exited().get(20, TimeUnit.SECONDS);
        assertThat(exit).as(process.outputTail()).isEqualTo(new ProcessExit.Code(0));
        return process.outputTail();
    }

    @Test
    void anotherUserHasNoGroupsAndStillInheritsWhatRootOpened() throws Exception {
        Path file = Files.createTempFile(directory, "only", "root");
        try (RealGuard guard = new RealGuard(directory)) {
            Placement placement =
                    new Placement(
                            List.of(new Placement.InheritedFile("log", file)),
                            List.of(),
                            Optional.of(new Placement.User(65534, 65533)),
                            OptionalInt.of(500));
            String output =
                    outputOf(
                            guard.host(),
                            shell(
                                    "id -u; id -G; cat /proc/self/oom_score_adj;"
                                            + " eval 'echo written >&%fd:log%'",
                                    Optional.empty(), placement));
            assertThat(output).isEqualTo("65534\n65533\n500\n");
            assertThat(file).hasContent("written\n");
        }
    }

    /** With and without another user: the sets of capabilities(7), in the kernel's order. */
    @Test
    void aProcessWithoutPrivilegesHasNoCapabilityAndNoWayToOne() throws Exception {
        try (RealGuard guard = new RealGuard(directory)) {
            String none = "0000000000000000\n".repeat(5) + "1\n";
            String script = "grep -E '^(Cap|NoNew)' /proc/self/status | cut -f2";
            for (Optional<Placement.User> user :
                    List.of(
                            Optional.<Placement.User>empty(),
                            Optional.of(new Placement.User(65534, 65534)))) {
                Placement placement =
                        new Placement(List.of(), List.of(), user, OptionalInt.empty())
                                .withPrivileges(Privileges.NONE);
                assertThat(outputOf(guard.host(), shell(script, Optional.empty(), placement)))
                        .as(user.toString())
                        .isEqualTo(none);
            }
        }
    }

    /** What of the host it can see and reach is looked at in the launcher's own tests. */
    @Test
    void aConfinedProcessHasAUserOfItsOwnAndWhatItIsShown() throws Exception {
        Path file = Files.writeString(directory.resolve("shown"), "shown\n");
        Path open = Files.writeString(directory.resolve("open"), "open\n");
        try (RealGuard guard = new RealGuard(directory)) {
            String output =
                    outputOf(
                            guard.host(),
                            shell(
                                    "cat "
                                            + file
                                            + " <&%fd:log%; cat <&%fd:log%; echo $$; ls "
                                            + directory
                                            + "; [ $(id -u) -gt 1879048192 ] && [ $(id -u) = $(id"
                                            + " -g) ] && id -G | wc -w",
                                    Optional.empty(),
                                    Placement.confined(List.of(file))
                                            .with(
                                                    List.of(
                                                            new Placement.InheritedFile(
                                                                    "log",
                                                                    open,
                                                                    Placement.Access.READ_ONLY)),
                                                    List.of(),
                                                    List.of())));
            assertThat(output).isEqualTo("shown\nopen\n1\nshown\n1\n");
        }
    }

    @Test
    void aConfinedProcessWritesToADirectoryOfItsOwnAndNowhereElse() throws Exception {
        Path own = Files.createDirectory(directory.resolve("own"));
        Path other = Files.createDirectory(directory.resolve("other"));
        Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.setAttribute(own, "unix:uid", 65534);
        try (RealGuard guard = new RealGuard(directory)) {
            String output =
                    outputOf(
                            guard.host(),
                            shell(
                                    "echo mine > "
                                            + own
                                            + "/file; for d in "
                                            + other
                                            + " /usr /; do (echo x > $d/file) 2>/dev/null ||"
                                            + " echo no; done",
                                    Optional.empty(),
                                    Placement.confinedAs(
                                            new Placement.User(65534, 65534),
                                            List.of(own, other))));
            assertThat(output).isEqualTo("no\nno\nno\n");
            assertThat(own.resolve("file")).hasContent("mine\n");
        }
    }

    @Test
    void aContextIdThatIsNoneIsRefused() throws Exception {
        try (RealGuard guard = new RealGuard(directory)) {
            Placement vsock =
                    Placement.AS_GUARD.with(new Placement.InheritedVsock("vhost-vsock", 2));
            assertThatThrownBy(() -> guard.host().spawn(shell("true", Optional.empty(), vsock)))
                    .isInstanceOf(HostFailure.class)
                    .hasMessage(
                            "start of /bin/sh: /dev/vhost-vsock with the context id 2: Invalid"
                                    + " argument");
        }
    }

    @Test
    void aFileServerKeepsItsCapabilitiesAsAnyUser() throws Exception {
        try (RealGuard guard = new RealGuard(directory)) {
            Placement kept = Placement.AS_GUARD.withPrivileges(Privileges.KEPT_AS_ANY_USER);
            String script = "setpriv --dump | grep -i securebits";
            assertThat(outputOf(guard.host(), shell(script, Optional.empty(), kept)))
                    .containsIgnoringCase("no_setuid_fixup,no_setuid_fixup_locked");
        }
    }

    @Test
    void aTapIsOpenedInTheNetworkNamespace() throws Exception {
        assumeTrue(Files.exists(Path.of("/dev/net/tun")), "no /dev/net/tun");
        try (RealGuard guard = new RealGuard(directory)) {
            HostProcess holder =
                    guard.host()
                            .spawn(
                                    shell(
                                            "exec unshare -n sh -c 'echo there; exec sleep 60'",
                                            Optional.empty(),
                                            Placement.AS_GUARD));
            while (!holder.outputTail().contains("there")) {
                assertThat(holder.exited()).isNotDone();
                Thread.sleep(10);
            }
            Placement tap =
                    new Placement(
                            List.of(),
                            List.of(
                                    new Placement.InheritedTap(
                                            "net0", "saya-test0", Placement.TapKind.SINGLE_QUEUE)),
                            Optional.empty(),
                            OptionalInt.empty());
            String output =
                    outputOf(
                            guard.host(),
                            shell(
                                    "cat /proc/net/dev; readlink /proc/self/fd/%fd:net0%",
                                    Optional.of(Path.of("/proc/" + holder.pid() + "/ns/net")),
                                    tap));
            assertThat(output).contains("saya-test0:").contains("/dev/net/tun");
            assertThat(Files.readString(Path.of("/proc/net/dev"))).doesNotContain("saya-test0:");
            holder.signal(9);
        }
    }

    @Test
    void whatCannotBeHadFailsTheSpawnAndIsNamed() throws Exception {
        try (RealGuard guard = new RealGuard(directory)) {
            refused(
                    guard,
                    Optional.of(Path.of("/none/net")),
                    Placement.AS_GUARD,
                    "network namespace /none/net");
            refused(
                    guard,
                    Optional.empty(),
                    new Placement(
                            List.of(new Placement.InheritedFile("f", Path.of("/none/file"))),
                            List.of(),
                            Optional.empty(),
                            OptionalInt.empty()),
                    "open /none/file");
            assertThatThrownBy(
                            () ->
                                    guard.host()
                                            .spawn(
                                                    shell(
                                                            "%fd:unknown%",
                                                            Optional.empty(), Placement.AS_GUARD)))
                    .isInstanceOf(HostFailure.class)
                    .hasMessageContaining("no descriptor for %fd:unknown%");
        }
    }

    private static void refused(
            RealGuard guard, Optional<Path> namespace, Placement placement, String what) {
        assertThatThrownBy(() -> guard.host().spawn(shell("true", namespace, placement)))
                .isInstanceOf(HostFailure.class)
                .isInstanceOf(IOException.class)
                .hasMessage("start of /bin/sh: " + what + ": No such file or directory");
    }
}
