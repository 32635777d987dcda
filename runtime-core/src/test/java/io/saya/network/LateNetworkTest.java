package io.saya.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saya.config.RuntimeSettings.InternetworkingModel;
import io.saya.failure.RuntimeFailure;
import io.saya.host.guard.RealGuard;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** With the real guard and the real kernel; the VM only makes its taps. */
@EnabledIf("io.saya.host.guard.RealGuard#available")
@Timeout(60)
class LateNetworkTest {
    private static final NetworkSettings SETTINGS =
            new NetworkSettings(InternetworkingModel.TCFILTER, 1, false, 0, 0, true);

    @TempDir Path directory;
    private final String pod = "saya-late-" + ProcessHandle.current().pid();
    private final List<GuestNetwork> told = new ArrayList<>();
    private final List<NetworkRecord> records = new ArrayList<>();
    private String refusal = "";
    private RealGuard guard;
    private TapVm vm;

    private final LateNetwork.Listener listener =
            new LateNetwork.Listener() {
                @Override
                public void willMake(NetworkRecord record) {
                    assertThat(run("tc -n " + pod + " qdisc"))
                            .as("written down before it is made")
                            .doesNotContain(
                                    "ingress ffff: dev " + record.ingress().getLast() + " ");
                    records.add(record);
                }

                @Override
                public void tellInterface(GuestNetwork network) {
                    if (!refusal.isEmpty()) {
                        throw RuntimeFailure.internal(refusal, null);
                    }
                    told.add(network);
                }

                @Override
                public void tellRoutes(GuestNetwork network) {
                    tellInterface(network);
                }
            };

    @BeforeEach
    void makeNamespace() throws Exception {
        ip("netns add " + pod);
        ip("-n " + pod + " link set lo up");
        guard = new RealGuard(directory);
        vm = new TapVm(guard.host(), namespace(), 2);
    }

    @AfterEach
    void removeNamespace() throws Exception {
        vm.close();
        guard.close();
        run("ip netns del " + pod);
    }

    @Test
    void whatComesIsPluggedAndWhatGoesIsUnplugged() throws Exception {
        LateNetwork late = late(SETTINGS);
        String before = state();
        late.follow();
        assertThat(told).isEmpty();

        connect("eth0", 1);
        ip("-n " + pod + " route add default via 10.77.1.1");
        late.follow();
        assertThat(vm.log).containsExactly("plug 0 veth0_saya");
        assertThat(run("tc -n " + pod + " filter show dev eth0 ingress"))
                .contains("Egress Redirect to device veth0_saya");
        assertThat(records.getLast().ingress()).containsExactly("eth0");
        assertThat(told).hasSize(2);
        GuestNetwork.Interface eth0 = told.get(0).interfaces().getFirst();
        assertThat(eth0.devicePath()).isEqualTo("1e/00");
        assertThat(eth0.addresses())
                .containsExactly(new GuestNetwork.Address(false, "10.77.1.2", 24));
        assertThat(told.get(1).interfaces()).isEmpty();
        assertThat(told.get(1).routes())
                .extracting(route -> route.hop().gateway())
                .containsExactly("10.77.1.1");

        late.follow();
        assertThat(told).as("nothing has changed").hasSize(2);

        connect("eth1", 2);
        late.follow();
        assertThat(told.getLast().interfaces())
                .extracting(GuestNetwork.Interface::name)
                .containsExactly("eth1");
        assertThat(records.getLast().ingress()).containsExactlyInAnyOrder("eth0", "eth1");

        connect("eth2", 3);
        late.follow();
        assertThat(vm.log).as("there is no third place").hasSize(2);

        ip("-n " + pod + " link del eth0");
        late.follow();
        assertThat(vm.log)
                .containsExactly(
                        "plug 0 veth0_saya", "plug 1 veth1_saya", "unplug 0", "plug 0 veth0_saya");
        assertThat(told.getLast().routes()).as("it went with its interface").isEmpty();

        vm.close();
        late.undo();
        ip("-n " + pod + " link del eth1");
        ip("-n " + pod + " link del eth2");
        assertThat(state()).isEqualTo(before);
    }

    @Test
    void whatIsNotReadyIsLeftAlone() throws Exception {
        LateNetwork late = late(SETTINGS);
        ip("-n " + pod + " link add eth0 type veth peer name peer0");
        late.follow();
        ip("-n " + pod + " addr add 10.77.1.2/24 dev eth0");
        late.follow();
        assertThat(vm.log).as("it is down").isEmpty();
        ip("-n " + pod + " link set eth0 up");
        late.follow();
        assertThat(vm.log).containsExactly("plug 0 veth0_saya");
    }

    @Test
    void aChangedAddressIsToldAndTheRoutesAgain() throws Exception {
        LateNetwork late = late(SETTINGS);
        connect("eth0", 1);
        ip("-n " + pod + " route add default via 10.77.1.1");
        late.follow();
        ip("-n " + pod + " addr add 10.77.1.3/24 dev eth0");
        ip("-n " + pod + " link set eth0 mtu 1300");
        late.follow();
        assertThat(told).hasSize(4);
        assertThat(told.get(2).interfaces().getFirst().addresses()).hasSize(2);
        assertThat(told.get(2).interfaces().getFirst().mtu()).isEqualTo(1300);
        assertThat(told.get(3).routes()).hasSize(1);
        assertThat(run("ip -n " + pod + " link show veth0_saya")).contains("mtu 1300");
    }

    @Test
    void whatTheGuestRefusesIsTakenBackAndTriedAgain() throws Exception {
        LateNetwork late = late(SETTINGS);
        connect("eth0", 1);
        String before = state();
        refusal = "no driver";
        assertThatThrownBy(late::follow)
                .isInstanceOf(RuntimeFailure.class)
                .hasMessage("interface eth0: no driver");
        assertThat(vm.log).containsExactly("plug 0 veth0_saya", "unplug 0");
        assertThat(state()).isEqualTo(before);
        refusal = "";
        late.follow();
        assertThat(told.getFirst().interfaces()).hasSize(1);
    }

    @Test
    void oneWithAnotherMacAddressIsPluggedAnewAndNothingStays() throws Exception {
        LateNetwork late = late(SETTINGS);
        connect("eth0", 1);
        ip("-n " + pod + " route add default via 10.77.1.1");
        String before = state();
        late.follow();
        ip("-n " + pod + " link set eth0 address 02:77:00:00:00:01");
        late.follow();
        assertThat(vm.log).containsExactly("plug 0 veth0_saya", "unplug 0", "plug 0 veth0_saya");
        assertThat(told.get(2).interfaces().getFirst().mac()).isEqualTo("02:77:00:00:00:01");
        assertThat(told.get(3).routes()).as("they went with the card").hasSize(1);
        assertThat(records.getLast().ingress()).containsExactly("eth0");
        vm.close();
        late.undo();
        assertThat(state()).isEqualTo(before);
    }

    @Test
    void oneThatIsDownOrHasNoAddressLeftIsTakenOut() throws Exception {
        LateNetwork late = late(SETTINGS);
        connect("eth0", 1);
        connect("eth1", 2);
        late.follow();
        ip("-n " + pod + " addr flush dev eth0");
        ip("-n " + pod + " link set eth1 down");
        String before = state();
        late.follow();
        assertThat(vm.log).endsWith("unplug 0", "unplug 1");
        assertThat(state()).isNotEqualTo(before).doesNotContain("ingress").doesNotContain("_saya");
    }

    @Test
    void aCardThatTheGuestDidNotLetGoOfIsTriedAgain() throws Exception {
        LateNetwork late = late(SETTINGS);
        connect("eth0", 1);
        refusal = "no driver";
        vm.stubborn = true;
        assertThatThrownBy(late::follow).hasMessage("interface eth0: no driver");
        assertThat(vm.log).containsExactly("plug 0 veth0_saya", "unplug 0");
        refusal = "";
        vm.stubborn = false;
        late.follow();
        assertThat(vm.log)
                .containsExactly("plug 0 veth0_saya", "unplug 0", "unplug 0", "plug 0 veth0_saya");
        assertThat(told.getFirst().interfaces()).hasSize(1);
    }

    @Test
    void aCardOfWhichTheVmmDoesNotTellIsTakenOutAgain() throws Exception {
        LateNetwork late = late(SETTINGS);
        connect("eth0", 1);
        String before = state();
        vm.silent = true;
        assertThatThrownBy(late::follow).hasMessage("interface eth0: plug: no answer");
        assertThat(vm.log).containsExactly("plug 0 veth0_saya", "unplug 0");
        assertThat(state()).isEqualTo(before);
        vm.silent = false;
        late.follow();
        assertThat(vm.log).endsWith("plug 0 veth0_saya");
    }

    @Test
    void aRouteThatIsTakenAwayIsTold() throws Exception {
        LateNetwork late = late(SETTINGS);
        connect("eth0", 1);
        ip("-n " + pod + " route add default via 10.77.1.1");
        late.follow();
        ip("-n " + pod + " route del default");
        late.follow();
        assertThat(told).hasSize(3);
        assertThat(told.getLast().routes()).isEmpty();
    }

    @Test
    void whatCannotBeJoinedIsNamedAndOthersAreNotHeldUp() throws Exception {
        LateNetwork late = late(SETTINGS);
        ip("-n " + pod + " link add br0 type bridge");
        ip("-n " + pod + " addr add 10.77.9.2/24 dev br0");
        ip("-n " + pod + " link set br0 up");
        connect("eth0", 1);
        assertThatThrownBy(late::follow)
                .hasMessageContaining("interface br0 of kind bridge: its kind is not supported");
        assertThat(vm.log).containsExactly("plug 0 veth0_saya");
    }

    @Test
    void aWatchTellsOfChangesAndOfNothingElse() throws Exception {
        BlockingQueue<Boolean> changes = new LinkedBlockingQueue<>();
        try (NetworkWatch _ =
                NetworkWatch.start(
                        guard.host(), namespace(), directory, "late", () -> changes.add(true))) {
            assertThat(changes.poll(20, TimeUnit.SECONDS)).as("it is on").isTrue();
            assertThat(changes.poll(300, TimeUnit.MILLISECONDS)).as("quiet").isNull();
            connect("eth0", 1);
            assertThat(changes.poll(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aChangeThatCannotBeFollowedIsNotTheLastThatIsTold() throws Exception {
        BlockingQueue<Boolean> changes = new LinkedBlockingQueue<>();
        try (NetworkWatch _ =
                NetworkWatch.start(
                        guard.host(),
                        namespace(),
                        directory,
                        "late",
                        () -> {
                            changes.add(true);
                            throw new IllegalStateException("nobody has thought of it");
                        })) {
            assertThat(changes.poll(20, TimeUnit.SECONDS)).as("it is on").isTrue();
            connect("eth0", 1);
            assertThat(changes.poll(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    private LateNetwork late(NetworkSettings settings) throws Exception {
        return new LateNetwork(guard.host(), settings, namespace(), vm, listener);
    }

    private void connect(String name, int network) {
        ip("-n " + pod + " link add " + name + " type veth peer name peer-" + name);
        ip("-n " + pod + " addr add 10.77." + network + ".2/24 dev " + name);
        ip("-n " + pod + " link set " + name + " up");
        ip("-n " + pod + " link set peer-" + name + " up");
        awaitUp(name);
        awaitUp("peer-" + name);
    }

    /** The kernel says a moment later than it is so that a link's other end is up. */
    private void awaitUp(String name) {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!run("ip -n " + pod + " -br link show dev " + name).contains(" UP ")) {
            assertThat(System.nanoTime()).as("%s is up in time", name).isLessThan(end);
        }
    }

    private Path namespace() {
        return Path.of("/run/netns", pod);
    }

    /** All that could be left behind. */
    private String state() {
        return run("ip -n " + pod + " -br addr").replaceAll("fe80[^ ]*", "")
                + run("tc -n " + pod + " qdisc");
    }

    private static void ip(String arguments) {
        assertThat(run("ip " + arguments)).as(arguments).isEmpty();
    }

    private static String run(String command) {
        try {
            Process process =
                    new ProcessBuilder(command.split(" ")).redirectErrorStream(true).start();
            String output =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            return output;
        } catch (java.io.IOException e) {
            throw new AssertionError(command, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(command, e);
        }
    }
}
