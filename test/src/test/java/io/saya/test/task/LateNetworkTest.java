package io.saya.test.task;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.test.Containerd;
import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import io.saya.ttrpc.TtrpcException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Interfaces that come when the VM runs. The tests do what dockerd does (26 and later): Create,
 * then a pair of interfaces with one end in the namespace of the task's process, then Start.
 */
@WithProduct
final class LateNetworkTest extends ShimSuite {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration COMMAND = Duration.ofSeconds(20);

    /** One question, without another try: the network is there or it is not. */
    private static final String ASK =
            "nc -w 10 10.79.%d.1 %d </dev/null >/answer%1$d.new; mv /answer%1$d.new /answer%1$d";

    private final ServerSocket server = listen();
    private final AtomicInteger looks = new AtomicInteger();
    private String linksBefore = "";

    @BeforeAll
    void makeNetworks() {
        for (var network : new int[] {1, 2, 3, 4, 5, 6}) {
            host(
                    """
                    ip link add late%1$d type bridge
                    ip addr add 10.79.%1$d.1/24 dev late%1$d
                    ip link set late%1$d up
                    """
                            .formatted(network));
        }
        Thread.ofVirtual().start(this::serve);
    }

    @AfterAll
    void removeNetworks() throws IOException {
        for (var network : new int[] {1, 2, 3, 4, 5, 6}) {
            host("ip link del late" + network);
        }
        server.close();
    }

    @BeforeEach
    void lookAtLinks() {
        linksBefore = links();
    }

    @AfterEach
    void linksAreAsBefore() {
        // A namespace goes a moment after its last process.
        Wait.until(SOON, () -> links().equals(linksBefore));
        assertThat(links()).isEqualTo(linksBefore);
    }

    @Test
    void interfacesThatComeBeforeStartAndAfterIt() throws Exception {
        try (var shim =
                start(
                        "saya",
                        Map.of(),
                        "sh",
                        "-c",
                        ASK.formatted(1, port())
                                + "; until nc -w 1 10.79.2.1 "
                                + port()
                                + " </dev/null >/n2 && grep -q 10.79.2.2 /n2; do sleep 0.02; done;"
                                + " mv /n2 /answer2; while :; do sleep 1; done")) {
            var namespace = "/proc/" + shim.createdPid() + "/ns/net";
            connect(1, namespace, "eth0", true);
            var begun = System.nanoTime();
            shim.start("");
            System.out.printf("start with one interface: %d ms%n", millisSince(begun));
            assertThat(answer(1)).isEqualTo("hello 10.79.1.2\n");

            connect(2, namespace, "eth1", false);
            begun = System.nanoTime();
            assertThat(answer(2)).isEqualTo("hello 10.79.2.2\n");
            System.out.printf("usable after start: %d ms%n", millisSince(begun));
            var seen = inGuest(shim, "ip addr; ip route; ip -6 addr show eth0 scope global");
            assertThat(seen)
                    .contains("10.79.1.2/24", "10.79.2.2/24", "mtu 1400", "fd79:1::2/64")
                    .contains("default via 10.79.1.1 dev eth0");

            // What is taken away or changed is so in the guest too.
            inside(namespace, "ip route add 192.0.2.0/24 via 10.79.1.1");
            assertThat(seenInGuest(shim, "ip route", "192.0.2.0/24 via 10.79.1.1", true)).isTrue();
            inside(namespace, "ip route del 192.0.2.0/24");
            assertThat(seenInGuest(shim, "ip route", "192.0.2.0/24", false)).isTrue();
            inside(namespace, "ip addr add 10.79.8.2/24 dev eth1");
            assertThat(seenInGuest(shim, "ip addr", "10.79.8.2/24", true)).isTrue();
            inside(namespace, "ip addr del 10.79.8.2/24 dev eth1");
            assertThat(seenInGuest(shim, "ip addr", "10.79.8.2/24", false)).isTrue();
            inside(namespace, "ip link set eth1 address 02:79:00:00:00:02");
            assertThat(seenInGuest(shim, "ip addr show eth1", "02:79:00:00:00:02", true)).isTrue();
            assertThat(seenInGuest(shim, "ip addr show eth1", "10.79.2.2/24", true)).isTrue();

            host("ip link del v2");
            assertThat(Wait.until(SOON, () -> !inGuest(shim, "ip link").contains("eth1"))).isTrue();
            assertThat(Wait.until(SOON, () -> !namespaceLinks(namespace).contains("veth1_saya")))
                    .isTrue();

            // Four is what a VM has room for: the fifth is left out, and said.
            for (var network : new int[] {2, 3, 4, 5}) {
                connect(network, namespace, "net" + network, false);
            }
            assertThat(Wait.until(SOON, () -> log(shim).contains("number 5 of those that came")))
                    .as(log(shim))
                    .isTrue();
            assertThat(inGuest(shim, "ip link")).contains("eth0", "net2", "net3", "net4");
            assertThat(log(shim)).contains("net5");
            // A place that becomes free is taken by the one that had none.
            host("ip link del v3");
            assertThat(Wait.until(SOON, () -> inGuest(shim, "ip link").contains("net5"))).isTrue();
            shim.kill("", 9);
            assertThat(Host.processes("/proc/self/exe", shim.id())).isEmpty();
        }
    }

    @Test
    void whatCannotBeGivenToTheGuestFailsTheStartByName() throws Exception {
        try (var shim = start("saya", Map.of(), "sh", "-c", "echo ran >/ran")) {
            var vm = Path.of("/proc/" + shim.createdPid());
            var namespace = vm + "/ns/net";
            host(
                    """
                    nsenter --net=%s ip link add strange type bridge
                    nsenter --net=%1$s ip addr add 10.79.9.2/24 dev strange
                    nsenter --net=%1$s ip link set strange up
                    """
                            .formatted(namespace));
            assertThatThrownBy(() -> shim.start(""))
                    .isInstanceOf(TtrpcException.class)
                    .hasMessageContaining("phase network: interface strange of kind bridge");
            assertThat(directory().resolve("rootfs/ran")).doesNotExist();
            assertThat(vm).as("the VM, which nobody will use").doesNotExist();
            assertThat(shim.await("")).as("a status that everyone may know").isNotZero();
        }
    }

    @Test
    void aShimThatIsKilledLeavesTheNamespaceAsItWas() throws Exception {
        var name = "late" + ProcessHandle.current().pid();
        host("ip netns add " + name);
        try (var shim =
                startIn(
                        "/run/netns/" + name,
                        withoutRestarts(),
                        newId(),
                        "sh",
                        "-c",
                        ASK.formatted(1, port()) + "; sleep 1000")) {
            var namespace = "/run/netns/" + name;
            shim.create("", "", "");
            connect(1, namespace, "eth0", true);
            var before = state(namespace);
            shim.start("");
            assertThat(answer(1)).isEqualTo("hello 10.79.1.2\n");
            assertThat(state(namespace)).contains("veth0_saya", "ingress");
            for (var daemon : Host.processes("java", shim.id())) {
                Host.kill(daemon);
            }
            assertThat(Wait.until(SOON, () -> Host.processes("", shim.id()).isEmpty())).isTrue();
            assertThat(Wait.until(SOON, () -> state(namespace).equals(before)))
                    .as(state(namespace))
                    .isTrue();
        } finally {
            host("ip netns del " + name);
        }
    }

    @Test
    void aKillWhileInterfacesArePluggedEndsIt() throws Exception {
        try (var shim = start("saya", Map.of(), "sh", "-c", "sleep 1000")) {
            var namespace = "/proc/" + shim.createdPid() + "/ns/net";
            for (var network : new int[] {1, 2, 3, 4}) {
                connect(network, namespace, "net" + network, false);
            }
            var started = new CompletableFuture<Boolean>();
            Thread.ofVirtual()
                    .start(
                            () -> {
                                try {
                                    shim.start("");
                                    started.complete(true);
                                } catch (TtrpcException | InterruptedException e) {
                                    started.complete(false);
                                }
                            });
            assertThat(Wait.until(SOON, () -> namespaceLinks(namespace).contains("veth1_saya")))
                    .isTrue();
            shim.kill("", 9);
            assertThat(Host.processes("qemu-system", shim.id())).isEmpty();
            assertThat(started.get(SOON.toSeconds(), TimeUnit.SECONDS)).isFalse();
            // Killed before it ran, or a start that failed: whichever was noticed first.
            assertThat(shim.await("")).isIn(137, 255);
        }
    }

    /** What dockerd does for one network. */
    private static void connect(int network, String namespace, String name, boolean gateway) {
        host(
                """
                ip link add v%1$d type veth peer name w%1$d
                ip link set v%1$d mtu 1400 master late%1$d up
                exec 3<%2$s
                ip link set w%1$d netns /proc/$$/fd/3
                inside() { nsenter --net=/proc/$$/fd/3 "$@"; }
                inside ip link set w%1$d name %3$s mtu 1400
                inside ip addr add 10.79.%1$d.2/24 dev %3$s
                inside ip addr add fd79:%1$d::2/64 dev %3$s nodad
                inside ip link set %3$s up
                [ %4$s = false ] || inside ip route add default via 10.79.%1$d.1 dev %3$s
                """
                        .formatted(network, namespace, name, gateway));
    }

    private String answer(int network) throws IOException {
        var file = directory().resolve("rootfs/answer" + network);
        if (!Wait.until(SOON, () -> Files.exists(file))) {
            throw new AssertionError("no answer from network " + network);
        }
        var answer = Files.readString(file);
        Files.delete(file);
        return answer;
    }

    /** What a command in the container prints. */
    private String inGuest(Shim shim, String command) {
        try {
            // A name of its own each time: the guest remembers files.
            var file = directory().resolve("rootfs/said" + looks.incrementAndGet());
            shim.exec("look", "sh", "-c", "{ " + command + "; } >/" + file.getFileName() + " 2>&1");
            shim.start("look");
            shim.await("look");
            shim.delete("look");
            return Files.readString(file);
        } catch (IOException | TtrpcException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** True if a text comes into what a command in the container prints, or goes from it. */
    private boolean seenInGuest(Shim shim, String command, String text, boolean there)
            throws InterruptedException {
        return Wait.until(SOON, () -> inGuest(shim, command).contains(text) == there);
    }

    private static void inside(String namespace, String command) {
        host("nsenter --net=" + namespace + " " + command);
    }

    private static String log(Shim shim) {
        return Ran.run(COMMAND, Containerd.product() + "/bin/saya", "logs", shim.id()).out();
    }

    /** Everything that could be left in a namespace. */
    private static String state(String namespace) {
        return namespaceLinks(namespace)
                + Ran.run(COMMAND, "nsenter", "--net=" + namespace, "tc", "qdisc").out()
                + Ran.run(COMMAND, "nsenter", "--net=" + namespace, "ip", "route").out();
    }

    private static String namespaceLinks(String namespace) {
        return Ran.run(COMMAND, "nsenter", "--net=" + namespace, "ip", "-br", "addr").out();
    }

    private static String links() {
        return Ran.run(COMMAND, "ip", "-br", "link")
                .out()
                .replaceAll("(?m) +(UP|DOWN|UNKNOWN).*", "");
    }

    private static void host(String script) {
        Ran.run(COMMAND, "sh", "-ec", script).succeeded();
    }

    private int port() {
        return server.getLocalPort();
    }

    private static ServerSocket listen() {
        try {
            var socket = new ServerSocket();
            socket.bind(new InetSocketAddress(0));
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Tells everybody where they come from. */
    private void serve() {
        try {
            while (true) {
                try (var client = server.accept()) {
                    var text = "hello " + client.getInetAddress().getHostAddress() + "\n";
                    client.getOutputStream().write(text.getBytes(US_ASCII));
                }
            }
        } catch (IOException e) {
            if (!server.isClosed()) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static long millisSince(long begun) {
        return (System.nanoTime() - begun) / 1_000_000;
    }
}
