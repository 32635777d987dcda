package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.saya.host.Placement.TapKind;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmDevice;
import io.saya.json.Json;
import io.saya.json.JsonObject;
import io.saya.qemu.qmp.FakeQmpPeer;
import io.saya.qemu.qmp.QmpConnection;
import java.nio.file.Path;
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
    @TempDir Path directory;

    private final AtomicReference<PluggedCards> listening = new AtomicReference<>();
    private FakeQmpPeer peer;
    private QmpConnection qmp;
    private FakeQmpPeer.Client qemu;
    private PluggedCards cards;

    /** A call that is under way while the test plays QEMU. */
    @FunctionalInterface
    private interface Call {
        String make() throws HypervisorFailure;
    }

    @BeforeEach
    void connect() throws Exception {
        peer = new FakeQmpPeer(directory.resolve("qmp"));
        qmp = QmpConnection.open(peer.socket(), "test", event -> listening.get().note(event));
        qemu = peer.acceptAndGreet();
        cards = new PluggedCards(qmp, 2);
        listening.set(cards);
    }

    @AfterEach
    void close() throws Exception {
        qmp.close();
        peer.close();
    }

    @Test
    void aCardIsPluggedAndUnplugged() throws Exception {
        CompletableFuture<String> plugged = begin(() -> cards.plug(card(0, 1, false)));
        answer(
                "netdev_add",
                "{\"type\":\"tap\",\"id\":\"net-0\",\"ifname\":\"veth0_saya\",\"script\":\"no\",\"downscript\":\"no\"}");
        answer(
                "device_add",
                "{\"driver\":\"virtio-net-pci\",\"id\":\"net-0-dev\",\"netdev\":\"net-0\",\"mac\":\"02:00:00:00:00:00\",\"bus\":\"plug0\",\"addr\":\"0x0\",\"disable-legacy\":\"on\",\"romfile\":\"\"}");
        assertThat(plugged.get(30, TimeUnit.SECONDS)).isEqualTo("1e/00");
        assertThat(cards.freeSlots()).isEqualTo(1);

        CompletableFuture<String> unplugged = begin(() -> unplug(0));
        answer("device_del", "{\"id\":\"net-0-dev\"}");
        // That of the device's own backend comes first.
        qemu.event(
                "DEVICE_DELETED",
                JsonObject.builder().put("path", "/machine/peripheral/net-0-dev/b").build());
        assertThat(unplugged).isNotDone();
        qemu.event("DEVICE_DELETED", JsonObject.builder().put("device", "net-0-dev").build());
        answer("netdev_del", "{\"id\":\"net-0\"}");
        unplugged.get(30, TimeUnit.SECONDS);
        assertThat(cards.freeSlots()).isEqualTo(2);
    }

    @Test
    void severalQueuesAndVhostAreAskedFor() throws Exception {
        CompletableFuture<String> plugged = begin(() -> cards.plug(card(0, 4, true)));
        answer(
                "netdev_add",
                "{\"type\":\"tap\",\"id\":\"net-0\",\"ifname\":\"veth0_saya\",\"script\":\"no\",\"downscript\":\"no\",\"queues\":4,\"vhost\":true}");
        JsonObject device = qemu.receive();
        JsonObject arguments = device.object("arguments").orElseThrow();
        assertThat(arguments.bool("mq")).contains(true);
        assertThat(arguments.integer("vectors")).hasValue(10);
        qemu.reply(device, JsonObject.EMPTY);
        plugged.get(30, TimeUnit.SECONDS);
    }

    @Test
    void aDeviceThatIsRefusedTakesItsTapWithIt() throws Exception {
        CompletableFuture<String> plugged = begin(() -> cards.plug(card(0, 1, false)));
        qemu.reply(qemu.receive(), JsonObject.EMPTY);
        refuse(qemu.receive(), "GenericError", "Bus 'plug0' not found");
        answer("netdev_del", "{\"id\":\"net-0\"}");
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
        CompletableFuture<String> plugged = begin(() -> cards.plug(card(0, 1, false)));
        refuse(qemu.receive(), "GenericError", "could not configure /dev/net/tun");
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> plugged.get(30, TimeUnit.SECONDS))
                .withMessageContaining("could not configure /dev/net/tun");
        assertThat(cards.freeSlots()).isEqualTo(2);
    }

    @Test
    void oneMoreThanThereArePortsIsRefused() throws Exception {
        for (int number : new int[] {0, 1}) {
            CompletableFuture<String> plugged = begin(() -> cards.plug(card(number, 1, false)));
            qemu.reply(qemu.receive(), JsonObject.EMPTY);
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
        CompletableFuture<String> plugged = begin(() -> cards.plug(card(0, 1, false)));
        qemu.reply(qemu.receive(), JsonObject.EMPTY);
        qemu.reply(qemu.receive(), JsonObject.EMPTY);
        plugged.get(30, TimeUnit.SECONDS);

        CompletableFuture<String> first = begin(() -> unplug(0));
        answer("device_del", "{\"id\":\"net-0-dev\"}");
        qemu.event(
                "DEVICE_UNPLUG_GUEST_ERROR",
                JsonObject.builder().put("device", "net-0-dev").build());
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> first.get(30, TimeUnit.SECONDS))
                .withMessageContaining("the guest does not let go of it");
        assertThat(cards.freeSlots()).as("it is still there").isEqualTo(1);

        // It has gone meanwhile.
        CompletableFuture<String> second = begin(() -> unplug(0));
        refuse(qemu.receive(), "DeviceNotFound", "Device 'net-0-dev' not found");
        answer("netdev_del", "{\"id\":\"net-0\"}");
        second.get(30, TimeUnit.SECONDS);
        assertThat(cards.freeSlots()).isEqualTo(2);
    }

    @Test
    void aCardThatIsStillBeingUnpluggedKeepsItsPort() throws Exception {
        CompletableFuture<String> plugged = begin(() -> cards.plug(card(0, 1, false)));
        qemu.reply(qemu.receive(), JsonObject.EMPTY);
        qemu.reply(qemu.receive(), JsonObject.EMPTY);
        plugged.get(30, TimeUnit.SECONDS);
        CompletableFuture<String> unplugged = begin(() -> unplug(0));
        refuse(
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
        CompletableFuture<String> plugged = begin(() -> cards.plug(card(0, 1, false)));
        qemu.reply(qemu.receive(), JsonObject.EMPTY);
        qemu.receive();
        qemu.close();
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> plugged.get(30, TimeUnit.SECONDS))
                .withCauseInstanceOf(HypervisorFailure.class);
        assertThat(cards.freeSlots()).isEqualTo(1);
    }

    @Test
    void aQemuThatEndsEndsTheWaitForTheGuest() throws Exception {
        CompletableFuture<String> unplugged = begin(() -> unplug(0));
        answer("device_del", "{\"id\":\"net-0-dev\"}");
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

    private static CompletableFuture<String> begin(Call call) {
        CompletableFuture<String> result = new CompletableFuture<>();
        Thread.ofVirtual()
                .start(
                        () -> {
                            try {
                                result.complete(call.make());
                            } catch (HypervisorFailure | RuntimeException e) {
                                result.completeExceptionally(e);
                            }
                        });
        return result;
    }

    /** Takes the next command, which must be this one, and says that it is done. */
    private void answer(String command, String arguments) throws Exception {
        JsonObject received = qemu.receive();
        assertThat(received.string("execute")).contains(command);
        assertThat(received.object("arguments")).contains(Json.parseObject(arguments));
        qemu.reply(received, JsonObject.EMPTY);
    }

    private void refuse(JsonObject command, String errorClass, String why) throws Exception {
        qemu.send(
                "{\"error\": {\"class\": \""
                        + errorClass
                        + "\", \"desc\": \""
                        + why
                        + "\"}, \"id\": "
                        + command.get("id")
                        + "}\r\n");
    }
}
