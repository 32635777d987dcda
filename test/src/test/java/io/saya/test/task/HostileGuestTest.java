package io.saya.test.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.proto.containerd.types.Status;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import io.saya.ttrpc.TtrpcException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Real guests whose root attacks the host by all that leads out of a machine. Whatever it does:
 * memory and processor time of daemon and guard are bounded, another sandbox's exec takes no more
 * than twice its time, Kill returns with the VM gone, nothing is left, and no control character is
 * in the log.
 */
@WithProduct
@Timeout(240)
final class HostileGuestTest extends ShimSuite {
    private static final boolean FULL = "1".equals(System.getProperty("saya.full"));
    private static final Duration COMMAND = Duration.ofSeconds(20);
    private static final Duration SOON = Duration.ofSeconds(60);

    /** In which processor time is measured. */
    private static final Duration WINDOW = Duration.ofSeconds(FULL ? 10 : 3);

    /** The first have what may come in one go, and what is compiled for it. */
    private static final int WINDOWS = 8;

    /** Of a processor, and a tick of the kernel's clock. */
    private static final double PROCESSOR = 0.02;

    private static final double TICK_SECONDS = 0.01;

    /** Of a processor, what may be used until a guest that goes too far has been ended. */
    private static final double SECONDS_TO_END = 3;

    private static final long DAEMON_MIB = 128;
    private static final long GUARD_MIB = 8;

    /** What the noise of a busy host may add to an exec. */
    private static final double NOISE_MS = 300;

    private @Nullable Bystander bystander;

    @BeforeAll
    void startTheBystander() throws Exception {
        // A name that is not looked for after each test.
        var id = "calm" + ProcessHandle.current().pid();
        var vmm = HostileVmm.prepare(directory(), id, "");
        bystander = new Bystander(startIn("", vmm.environment(), id, "sleep", "1000"));
    }

    @AfterAll
    void endTheBystander() {
        Objects.requireNonNull(bystander).close();
    }

    /** Each in turn, then all at once, and a Kill in the middle of it. */
    @Test
    void whatAGuestDoesWithoutEndCostsTheHostLittle() throws Exception {
        var others = Objects.requireNonNull(bystander);
        var before = others.execMillis();
        var id = newId();
        var namespace = id + "n";
        var guest = HostileGuest.prepare(directory(), id);
        host("ip netns add " + namespace);
        try {
            host("ip -n " + namespace + " link add eth0 type veth peer name out");
            host("ip -n " + namespace + " addr add 10.78.2.2/24 dev eth0");
            host("ip -n " + namespace + " link set eth0 up");
            host("ip -n " + namespace + " link set out up");
            try (var shim =
                    startIn("/run/netns/" + namespace, guest.environment(), id, "sleep", "1000")) {
                shim.create("", "", "");
                shim.start("");
                // Fewer events than would end the guest.
                var ways = List.of("events 15", "card", "files", "console");
                for (var way : ways) {
                    HostileGuest.attack(guest, way);
                    costsLittle(guest, way);
                    HostileGuest.calm(guest);
                }
                assertThat(packets(namespace)).as("packets of the guest's").isGreaterThan(1000);
                assertThat(guest.logged()).contains("fl?[2J??ooded");
                for (var way : ways) {
                    HostileGuest.attack(guest, way);
                }
                assertThat(others.execMillis())
                        .as("another sandbox's exec, in ms; before: %s", before)
                        .isLessThan(2 * before + NOISE_MS);
                costsLittle(guest, "all at once");
                whatIsInTheShareIsOfNoUseToTheHost(guest);
                shim.kill("", 9);
                assertThat(guest.machines()).as("the VM, once Kill has returned").isEmpty();
            }
        } finally {
            host("ip netns del " + namespace);
            host("rm -rf " + hostile());
        }
        cleanLog(guest);
    }

    /** It goes on, but is ended. */
    @ParameterizedTest
    @ValueSource(strings = {"events 0", "unwanted"})
    void aGuestThatGoesTooFarIsEnded(String way) throws Exception {
        isEnded(way);
    }

    @ParameterizedTest
    @ValueSource(strings = {"garbage", "huge", "bytes", "data", "requests"})
    @Tag("full")
    void aGuestThatGoesTooFarInAnotherWayIsEnded(String way) throws Exception {
        isEnded(way);
    }

    private void isEnded(String way) throws Exception {
        var id = newId();
        var guest = HostileGuest.prepare(directory(), id);
        try (var shim = startIn("", guest.environment(), id, "sleep", "1000")) {
            shim.create("", "", "");
            shim.start("");
            long daemon = guest.daemon();
            long guard = guest.guard();
            double before = Watched.seconds(daemon) + Watched.seconds(guard);
            HostileGuest.attack(guest, way);
            assertThat(Wait.until(SOON, () -> stopped(shim))).as("ended by itself").isTrue();
            assertThat(guest.machines()).isEmpty();
            double used = Watched.seconds(daemon) + Watched.seconds(guard) - before;
            System.out.printf("%s: %.2f s of a processor until the end%n", way, used);
            assertThat(used).as("seconds of a processor").isLessThan(SECONDS_TO_END);
            assertThat(Watched.privateMib(daemon)).as("MiB of the daemon").isLessThan(DAEMON_MIB);
            assertThat(Watched.privateMib(guard)).as("MiB of the guard").isLessThan(GUARD_MIB);
        }
        cleanLog(guest);
    }

    private static boolean stopped(Shim shim) {
        try {
            return shim.state("").getStatus() == Status.STOPPED;
        } catch (TtrpcException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** An attack lasts; what the daemon does once for it ends. */
    private static void costsLittle(Watched guest, String way) {
        long daemon = guest.daemon();
        long guard = guest.guard();
        double used = Double.MAX_VALUE;
        for (int i = 0; i < WINDOWS && used > PROCESSOR; i++) {
            long begun = System.nanoTime();
            double before = Watched.seconds(daemon) + Watched.seconds(guard);
            boolean ended = Wait.until(WINDOW, () -> !Watched.alive(daemon));
            assertThat(ended).as("the daemon has ended").isFalse();
            double after = Watched.seconds(daemon) + Watched.seconds(guard);
            used = (after - before - TICK_SECONDS) / ((System.nanoTime() - begun) / 1e9);
            System.out.printf("%s: %.3f of a processor%n", way, used);
        }
        assertThat(guest.machines()).as("the guest, which attacks by %s", way).hasSize(1);
        assertThat(used).as("processors used by daemon and guard, %s", way).isLessThan(PROCESSOR);
        assertThat(Watched.privateMib(daemon)).as("MiB of the daemon").isLessThan(DAEMON_MIB);
        assertThat(Watched.privateMib(guard)).as("MiB of the guard").isLessThan(GUARD_MIB);
    }

    private static long packets(String namespace) {
        var statistics =
                "ip netns exec " + namespace + " cat /sys/class/net/out/statistics/rx_packets";
        return Long.parseLong(
                Ran.run(COMMAND, statistics.split(" ", -1)).succeeded().out().strip());
    }

    private Path hostile() {
        return directory().resolve("rootfs/hostile");
    }

    /** Device nodes and set-id programs that the guest has made, seen where the host shares it. */
    private void whatIsInTheShareIsOfNoUseToTheHost(Watched guest) throws IOException {
        assertThat(hostile().resolve("zero")).as(guest.logged()).exists();
        assertThat(hostile().resolve("file1")).exists();
        int shares = 0;
        for (var line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
            var fields = line.split(" ", -1);
            var node = Path.of(fields[4], "hostile/zero");
            if (fields[4].contains("/" + guest.id() + "-") && Files.exists(node)) {
                shares++;
                assertThat(fields[5].split(",", -1)).contains("nosuid", "nodev");
                assertThatThrownBy(() -> Files.newInputStream(node).close())
                        .isInstanceOf(AccessDeniedException.class);
            }
        }
        assertThat(shares).as("mounts of the share").isPositive();
    }

    private static void cleanLog(Watched guest) throws IOException {
        var log = guest.logged();
        assertThat(log).isNotEmpty();
        assertThat(Watched.steering(log)).as(log).isEmpty();
    }

    private static void host(String command) {
        Ran.run(COMMAND, command.split(" ", -1)).succeeded();
    }
}
