package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.saya.host.MonitorCommand;
import io.saya.host.Placement.InheritedTap;
import io.saya.host.Placement.TapKind;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmDevice;
import io.saya.json.JsonObject;
import io.saya.qemu.qmp.FakeQmpPeer;
import io.saya.qemu.qmp.QmpConnection;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is said on the monitor when a card is plugged and unplugged. */
@Timeout(60)
class PluggedCardsTest {
    private static final Path HANDOVER = Path.of("/run/saya/s/handover.sock");

    @TempDir Path directory;

    private final AtomicReference<PluggedCards> listening = new AtomicReference<>();
    private FakeQmpPeer peer;
    private QmpConnection qmp;
    private FakeQmpPeer.Client qemu;
    private PluggedCards cards;
    private final HandingHost host = new HandingHost();

    @BeforeEach
    void connect() throws Exception {
        peer = new FakeQmpPeer(directory.resolve("qmp"));
        qmp = QmpConnection.open(peer.socket(), "test", event -> listening.get().note(event));
        qemu = peer.acceptAndGreet();
        cards = new PluggedCards(qmp, new TapHandover(new Handover(host, HANDOVER, 4711)), 2);
        listening.set(cards);
    }

    @AfterEach
    void close() throws Exception {
        qmp.close();
        peer.close();
    }

    @Test
    void aCardIsPluggedAndUnplugged() throws Exception {
        CompletableFuture<String> plugged = Begun.begin(() -> cards.plug(card(0, 1, false)));
        assertThat(host.take())
                .isEqualTo(
                        new MonitorCommand(
                                HANDOVER,
                                Path.of("/proc/4711/ns/net"),
                                List.of(),
                                List.of(),
                                List.of(
                                        new InheritedTap(
                                                "tap-0-0", "veth0_saya", TapKind.SINGLE_QUEUE)),
                                "{\"execute\":\"netdev_add\",\"arguments\":{\"type\":\"tap\",\"id\":\"net-0\",\"fd\":\"tap-0-0\"}}"));
        qemu.answer(
                "device_add",
                "{\"driver\":\"virtio-net-pci\",\"id\":\"net-0-dev\",\"netdev\":\"net-0\",\"mac\":\"02:00:00:00:00:00\",\"bus\":\"plug0\",\"addr\":\"0x0\",\"disable-legacy\":\"on\",\"romfile\":\"\"}");
        assertThat(plugged.get(30, TimeUnit.SECONDS)).isEqualTo("1e/00");
        assertThat(cards.freeSlots()).isEqualTo(1);

        CompletableFuture<String> unplugged = Begun.begin(() -> unplug(0));
        qemu.answer("device_del", "{\"id\":\"net-0-dev\"}");
        // That of the device's own backend comes first.
        qemu.event(
                "DEVICE_DELETED",
                JsonObject.builder().put("path", "/machine/peripheral/net-0-dev/b").build());
        assertThat(unplugged).isNotDone();
        qemu.event("DEVICE_DELETED", JsonObject.builder().put("device", "net-0-dev").build());
        qemu.answer("netdev_del", "{\"id\":\"net-0\"}");
        unplugged.get(30, TimeUnit.SECONDS);
        assertThat(cards.freeSlots()).isEqualTo(2);
    }

    @Test
    void severalQueuesAndVhostAreAskedFor() throws Exception {
        CompletableFuture<String> plugged = Begun.begin(() -> cards.plug(card(0, 4, true)));
        MonitorCommand handed = host.take();
        assertThat(handed.taps()).hasSize(4);
        assertThat(handed.files())
                .hasSize(4)
                .allMatch(file -> file.path().equals(Path.of("/dev/vhost-net")));
        assertThat(handed.text())
                .endsWith(
                        "{\"type\":\"tap\",\"id\":\"net-0\",\"fds\":\"tap-0-0:tap-0-1:tap-0-2:tap-0-3\",\"vhost\":true,\"vhostfds\":\"vhost-0-0:vhost-0-1:vhost-0-2:vhost-0-3\"}}");
        JsonObject device = qemu.receive();
        JsonObject arguments = device.object("arguments").orElseThrow();
        assertThat(arguments.bool("mq")).contains(true);
        assertThat(arguments.integer("vectors")).hasValue(10);
        qemu.reply(device, JsonObject.EMPTY);
        plugged.get(30, TimeUnit.SECONDS);
    }

    @Test
    void aDeviceThatIsRefusedTakesItsTapWithIt() throws Exception {
        CompletableFuture<String> plugged = Begun.begin(() -> cards.plug(card(0, 1, false)));
        qemu.refuse(qemu.receive(), "GenericError", "Bus 'plug0' not found");
        qemu.answer("netdev_del", "{\"id\":\"net-0\"}");
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> plugged.get(30, TimeUnit.SECONDS))
                .withCauseInstanceOf(HypervisorFailure.class)
                .withMessageContaining(
                        "plug network card net-0 (veth0_saya): QMP device_add refused")
                .withMessageContaining("Bus 'plug0' not found");
        assertThat(cards.freeSlots()).isEqualTo(2);
    }

    @Test
    void aTapThatIsRefusedLeavesNothing() throws Exception {
        host.answer = "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no tap\"}}";
        CompletableFuture<String> plugged = Begun.begin(() -> cards.plug(card(0, 1, false)));
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> plugged.get(30, TimeUnit.SECONDS))
                .withMessageContaining("netdev_add refused: no tap");
        assertThat(cards.freeSlots()).isEqualTo(2);
    }

    @Test
    void whatCouldNotBeHandedOverIsTakenBack() throws Exception {
        host.answer = "nonsense";
        CompletableFuture<String> plugged = Begun.begin(() -> cards.plug(card(0, 1, false)));
        qemu.refuse(qemu.receive(), "GenericError", "Device 'net-0' not found");
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> plugged.get(30, TimeUnit.SECONDS))
                .withMessageContaining("QEMU's answer to netdev_add");
        assertThat(cards.freeSlots()).isEqualTo(2);
    }

    @Test
    void oneMoreThanThereArePortsIsRefused() throws Exception {
        for (int number : new int[] {0, 1}) {
            CompletableFuture<String> plugged =
                    Begun.begin(() -> cards.plug(card(number, 1, false)));
            qemu.reply(qemu.receive(), JsonObject.EMPTY);
            plugged.get(30, TimeUnit.SECONDS);
        }
        assertThatExceptionOfType(HypervisorFailure.class)
                .isThrownBy(() -> cards.plug(card(2, 1, false)))
                .withMessage(
                        "plug network card net-2 (veth2_saya): no slot left (expected: at most 2"
                                + " cards that come while the guest runs)");
    }

    @Test
    void aGuestThatDoesNotLetGoIsAskedAgain() throws Exception {
        CompletableFuture<String> plugged = Begun.begin(() -> cards.plug(card(0, 1, false)));
        qemu.reply(qemu.receive(), JsonObject.EMPTY);
        plugged.get(30, TimeUnit.SECONDS);

        CompletableFuture<String> first = Begun.begin(() -> unplug(0));
        qemu.answer("device_del", "{\"id\":\"net-0-dev\"}");
        qemu.event(
                "DEVICE_UNPLUG_GUEST_ERROR",
                JsonObject.builder().put("device", "net-0-dev").build());
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> first.get(30, TimeUnit.SECONDS))
                .withMessageContaining("the guest does not let go of it");
        assertThat(cards.freeSlots()).as("it is still there").isEqualTo(1);

        // It has gone meanwhile.
        CompletableFuture<String> second = Begun.begin(() -> unplug(0));
        qemu.refuse(qemu.receive(), "DeviceNotFound", "Device 'net-0-dev' not found");
        qemu.answer("netdev_del", "{\"id\":\"net-0\"}");
        second.get(30, TimeUnit.SECONDS);
        assertThat(cards.freeSlots()).isEqualTo(2);
    }

    @Test
    void aCardThatIsStillBeingUnpluggedKeepsItsPort() throws Exception {
        CompletableFuture<String> plugged = Begun.begin(() -> cards.plug(card(0, 1, false)));
        qemu.reply(qemu.receive(), JsonObject.EMPTY);
        plugged.get(30, TimeUnit.SECONDS);
        CompletableFuture<String> unplugged = Begun.begin(() -> unplug(0));
        qemu.refuse(
                qemu.receive(),
                "GenericError",
                "Device net-0-dev is already in the process of unplug");
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> unplugged.get(30, TimeUnit.SECONDS))
                .withMessageContaining("already in the process of unplug");
        assertThat(cards.freeSlots()).isEqualTo(1);
    }

    @Test
    void aCardThatMayComeYetKeepsItsPort() throws Exception {
        CompletableFuture<String> plugged = Begun.begin(() -> cards.plug(card(0, 1, false)));
        qemu.receive();
        qemu.close();
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> plugged.get(30, TimeUnit.SECONDS))
                .withCauseInstanceOf(HypervisorFailure.class);
        assertThat(cards.freeSlots()).isEqualTo(1);
    }

    @Test
    void aQemuThatEndsEndsTheWaitForTheGuest() throws Exception {
        CompletableFuture<String> unplugged = Begun.begin(() -> unplug(0));
        qemu.answer("device_del", "{\"id\":\"net-0-dev\"}");
        long begun = System.nanoTime();
        qemu.close();
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> unplugged.get(30, TimeUnit.SECONDS))
                .withCauseInstanceOf(HypervisorFailure.class);
        assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(4));
    }

    private String unplug(int number) throws HypervisorFailure {
        cards.unplug(card(number, 1, false));
        return "";
    }

    private static VmDevice.Network card(int number, int queues, boolean vhost) {
        return new VmDevice.Network(
                Integer.toString(number),
                "veth" + number + "_saya",
                TapKind.SINGLE_QUEUE,
                "02:00:00:00:00:0" + number,
                queues,
                vhost);
    }
}
