package io.saya.network;

import static io.saya.host.Signal.SIGKILL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.saya.config.RuntimeSettings.InternetworkingModel;
import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.host.Placement;
import io.saya.host.SpawnSpec;
import io.saya.host.guard.RealGuard;
import io.saya.hypervisor.VmDevice;
import io.saya.json.Json;
import io.saya.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** With the real guard and the real kernel, in network namespaces of their own. */
@EnabledIf("io.saya.host.guard.RealGuard#available")
@Timeout(60)
class PodNetworkTest {

    @TempDir Path directory;
    private final String pod = "saya-net-" + ProcessHandle.current().pid();
    private final String peer = pod + "-peer";

    @BeforeEach
    void makeNamespaces() throws Exception {
        ip("netns add " + pod);
        ip("netns add " + peer);
        ip("-n " + pod + " link add eth0 mtu 1400 type veth peer name peer0 netns " + peer);
        ip("-n " + pod + " addr add 10.77.0.2/24 dev eth0");
        ip("-n " + pod + " link set eth0 up");
        ip("-n " + peer + " link set peer0 up");
        ip("-n " + pod + " route add default via 10.77.0.1 mtu 1300 metric 50");
        ip("-n " + pod + " neigh add 10.77.0.1 lladdr ee:ee:ee:ee:ee:ee nud permanent dev eth0");
        // Its link-local address is no longer tentative: that would be a difference.
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (run("ip -n " + pod + " addr show dev eth0").contains("tentative")) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    @AfterEach
    void removeNamespaces() throws Exception {
        run("ip netns del " + pod);
        run("ip netns del " + peer);
    }

    @Test
    void filtersJoinTheTapOfTheVmmAndAreUndone() throws Exception {
        String before = state();
        try (RealGuard guard = new RealGuard(directory)) {
            CountedHost host = new CountedHost(guard.host());
            PodNetwork network =
                    PodNetwork.scan(
                            host,
                            namespace(),
                            settings(InternetworkingModel.TCFILTER, 8_000_000, 16_000_000));
            assertThat(host.exchanges()).as("before the VMM starts").hasValue(1);
            assertThat(network.guest().interfaces())
                    .extracting(GuestNetwork.Interface::name, GuestNetwork.Interface::mtu)
                    .containsExactly(tuple("eth0", 1400));
            assertThat(network.guest().routes())
                    .containsExactly(
                            new GuestNetwork.Route(
                                    false,
                                    "",
                                    new GuestNetwork.Hop("10.77.0.1", "eth0", "", 0),
                                    0,
                                    new RouteMetrics(1300, 50)));
            assertThat(network.guest().neighbors())
                    .extracting(GuestNetwork.Neighbor::mac)
                    .containsExactly("ee:ee:ee:ee:ee:ee");
            NetworkRecord record = network.record();
            assertThat(record.ingress()).containsExactly("eth0");
            assertThat(record.shapers()).containsExactly("eth0");

            network.prepare();
            HostProcess vmm = vmm(guard.host(), network.cards());
            network.connect();
            assertThat(host.exchanges()).as("with those while the guest boots").hasValue(3);
            assertThat(host.programs()).as("programs").hasValue(0);
            assertThat(run("tc -n " + pod + " filter show dev eth0 ingress"))
                    .contains("Egress Redirect to device veth0_saya");
            assertThat(run("tc -n " + pod + " filter show dev veth0_saya ingress"))
                    .contains("Egress Redirect to device eth0");
            assertThat(run("tc -n " + pod + " qdisc show dev veth0_saya"))
                    .contains("tbf")
                    .contains("rate 8Mbit");
            assertThat(run("tc -n " + pod + " qdisc show dev eth0")).contains("rate 16Mbit");
            assertThat(run("ip -n " + pod + " link show veth0_saya"))
                    .contains("mtu 1400")
                    .contains(",UP");
            assertThat(run("ip -n " + pod + " addr show veth0_saya")).doesNotContain("inet6");

            vmm.signal(SIGKILL);
            vmm.exited().get(10, TimeUnit.SECONDS);
            network.undo();
            assertThat(state()).isEqualTo(before);
            network.undo();
        }
    }

    @Test
    void aMacvtapTakesTheAddressesAndGivesThemBack() throws Exception {
        haveAllKindsOfThings();
        String before = state();
        try (RealGuard guard = new RealGuard(directory)) {
            PodNetwork network =
                    PodNetwork.scan(
                            guard.host(),
                            namespace(),
                            settings(InternetworkingModel.MACVTAP, 0, 0));
            assertThat(network.record().links()).containsExactly("veth0_saya");
            network.prepare();
            HostProcess vmm = vmm(guard.host(), network.cards());
            network.connect();
            assertThat(run("ip -n " + pod + " -d link show veth0_saya"))
                    .contains("macvtap")
                    .contains("mode bridge")
                    .contains(network.cards().getFirst().macAddress());
            assertThat(run("ip -n " + pod + " addr show eth0"))
                    .doesNotContain("10.77.0.2")
                    .doesNotContain(network.cards().getFirst().macAddress());
            vmm.signal(SIGKILL);
            vmm.exited().get(10, TimeUnit.SECONDS);
            network.undo();
            assertStateIs(before);
        }
    }

    /** The launcher's {@code delete} and {@code saya cleanup} do the same as the guard here. */
    @Test
    void theGuardGivesBackWhatAMacvtapHasTakenWhenTheDaemonIsDead() throws Exception {
        haveAllKindsOfThings();
        String before = state();
        try (RealGuard guard = new RealGuard(directory)) {
            PodNetwork network =
                    PodNetwork.scan(
                            guard.host(),
                            namespace(),
                            settings(InternetworkingModel.MACVTAP, 0, 0));
            JsonObject.Builder record = JsonObject.builder();
            network.record().addTo(record);
            Files.write(
                    Path.of(guard.host().start().runDirectory(), "record.json"),
                    Json.writeBytes(record.build()));
            network.prepare();
            vmm(guard.host(), network.cards());
            network.connect();
            assertThat(state()).isNotEqualTo(before);
        }
        assertStateIs(before);
    }

    /** An IPv6 address that came back is looked at for a second before it counts. */
    private void assertStateIs(String before) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!state().equals(before) && System.nanoTime() < deadline) {
            Thread.sleep(20);
        }
        assertThat(state()).isEqualTo(before);
    }

    /** What a plug-in may leave in a namespace: Calico's gateway, rules with tables, IPv6. */
    private void haveAllKindsOfThings() throws Exception {
        ip("-n " + pod + " addr add 10.78.0.2/32 dev eth0");
        ip("-n " + pod + " addr add fd00:77::2/64 dev eth0 nodad");
        ip("-n " + pod + " route add 169.254.1.1 dev eth0 scope link");
        ip("-n " + pod + " route add 10.99.0.0/16 via 169.254.1.1 dev eth0");
        ip("-n " + pod + " route add 10.98.0.0/16 via 169.254.1.1 dev eth0 table 100");
        ip("-n " + pod + " route add default via fd00:77::1 dev eth0 mtu 1280");
        ip("-n " + pod + " neigh add fd00:77::1 lladdr ee:ee:ee:ee:ee:ee nud permanent dev eth0");
    }

    @Test
    void aNamespaceThatIsGoneIsNothingToUndo() throws Exception {
        try (RealGuard guard = new RealGuard(directory)) {
            PodNetwork network =
                    PodNetwork.scan(
                            guard.host(),
                            namespace(),
                            settings(InternetworkingModel.TCFILTER, 0, 0));
            ip("netns del " + pod);
            network.undo();
            assertThatThrownBy(network::connect).isInstanceOf(IOException.class);
        }
    }

    @Test
    void whatTheKernelRefusesIsNamed() throws Exception {
        try (RealGuard guard = new RealGuard(directory)) {
            PodNetwork network =
                    PodNetwork.scan(
                            guard.host(),
                            namespace(),
                            settings(InternetworkingModel.TCFILTER, 0, 0));
            run("tc -n " + pod + " qdisc add dev eth0 clsact");
            HostProcess vmm = vmm(guard.host(), network.cards());
            assertThatThrownBy(network::connect)
                    .hasMessageContaining(namespace().toString())
                    .hasMessageContaining("ingress qdisc on eth0: exists already");
            vmm.signal(SIGKILL);
        }
    }

    @Test
    void whatOthersHaveThereIsNotTakenFromThem() throws Exception {
        try (RealGuard guard = new RealGuard(directory)) {
            ip("-n " + pod + " link add veth0_saya type bridge");
            assertRefused(guard, InternetworkingModel.TCFILTER, 0, "interface veth0_saya is there");
            assertRefused(guard, InternetworkingModel.MACVTAP, 0, "interface veth0_saya is there");
            ip("-n " + pod + " link del veth0_saya");
            run("tc -n " + pod + " qdisc add dev eth0 root tbf rate 1mbit burst 128k limit 1m");
            PodNetwork.scan(
                    guard.host(), namespace(), settings(InternetworkingModel.TCFILTER, 0, 0));
            assertRefused(guard, InternetworkingModel.TCFILTER, 1000, "eth0 has a qdisc tbf");
            run("tc -n " + pod + " qdisc add dev eth0 clsact");
            assertRefused(guard, InternetworkingModel.TCFILTER, 0, "eth0 has a qdisc clsact");
            PodNetwork.scan(
                    guard.host(), namespace(), settings(InternetworkingModel.MACVTAP, 0, 0));
        }
    }

    private void assertRefused(
            RealGuard guard, InternetworkingModel model, long txRate, String why) {
        assertThatThrownBy(
                        () ->
                                PodNetwork.scan(
                                        guard.host(), namespace(), settings(model, 0, txRate)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(why);
    }

    private NetworkSettings settings(InternetworkingModel model, long rxRate, long txRate) {
        return new NetworkSettings(model, 2, false, rxRate, txRate, true);
    }

    private Path namespace() {
        return Path.of("/run/netns", pod);
    }

    /** A process that holds the cards' interfaces open, as QEMU does. */
    private HostProcess vmm(Host host, List<VmDevice.Network> cards) throws IOException {
        List<Placement.InheritedTap> taps = new ArrayList<>();
        for (VmDevice.Network card : cards) {
            for (int queue = 0; queue < card.queues(); queue++) {
                taps.add(
                        new Placement.InheritedTap(
                                card.id() + "-" + queue, card.tap(), card.kind()));
            }
        }
        return host.spawn(
                new SpawnSpec(
                        List.of("/bin/sleep", "60"),
                        Map.of(),
                        List.of(),
                        Optional.of(namespace()),
                        directory,
                        new Placement(List.of(), taps, Optional.empty(), OptionalInt.empty())));
    }

    /** All that could be left behind. */
    private String state() throws Exception {
        return run("ip -n " + pod + " addr show dev eth0").replaceAll("valid_lft.*", "")
                + run("ip -n " + pod + " -4 route show table all")
                + run("ip -n " + pod + " -6 route show table all")
                + run("ip -n " + pod + " neigh show nud permanent")
                + run("ip -n " + pod + " -br link")
                + run("tc -n " + pod + " qdisc");
    }

    private static void ip(String arguments) throws Exception {
        String output = run("ip " + arguments);
        assertThat(output).as(arguments).isEmpty();
    }

    private static String run(String command) throws Exception {
        Process process = new ProcessBuilder(command.split(" ")).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}
