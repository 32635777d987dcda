package io.saya.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.saya.host.MonitorCommand;
import io.saya.host.Placement.Access;
import io.saya.host.Placement.InheritedFile;
import io.saya.hypervisor.DiskPlan;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmDevice;
import io.saya.json.JsonObject;
import io.saya.qemu.qmp.FakeQmpPeer;
import io.saya.qemu.qmp.QmpConnection;
import java.nio.file.Files;
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

/** What is said on the monitor when a disk is plugged and unplugged. */
@Timeout(60)
class PluggedDisksTest {
    private static final Path HANDOVER = Path.of("/run/saya/s/handover.sock");
    private static final String ID = "0123456789abcdef0123456789abcdef0123456789abcdef";

    @TempDir Path directory;

    private final AtomicReference<PluggedDisks> listening = new AtomicReference<>();
    private final HandingHost host = new HandingHost();
    private FakeQmpPeer peer;
    private QmpConnection qmp;
    private FakeQmpPeer.Client qemu;
    private PluggedDisks disks;
    private Path file;

    @BeforeEach
    void connect() throws Exception {
        file = Files.createFile(directory.resolve("root.ext4"));
        peer = new FakeQmpPeer(directory.resolve("qmp"));
        qmp = QmpConnection.open(peer.socket(), "test", event -> listening.get().note(event));
        qemu = peer.acceptAndGreet();
        disks = new PluggedDisks(qmp, new Handover(host, HANDOVER, 4711), 4, DiskPlan.ofPlaces(1));
        listening.set(disks);
    }

    @AfterEach
    void close() throws Exception {
        qmp.close();
        peer.close();
    }

    @Test
    void aFileIsPluggedAndUnplugged() throws Exception {
        CompletableFuture<String> plugged = Begun.begin(() -> disks.plug(disk(ID, false)));
        assertThat(host.take())
                .isEqualTo(
                        new MonitorCommand(
                                HANDOVER,
                                Path.of("/proc/4711/ns/net"),
                                List.of(
                                        new InheritedFile(
                                                "/dev/fdset/1000", file, Access.EXCLUSIVE)),
                                List.of(),
                                List.of(),
                                "{\"execute\":\"blockdev-add\",\"arguments\":{\"driver\":\"raw\",\"node-name\":\"plugged-disk-0\",\"read-only\":false,\"discard\":\"unmap\",\"file\":{\"driver\":\"file\",\"filename\":\"/dev/fdset/1000\",\"discard\":\"unmap\"}}}"));
        qemu.answer(
                "device_add",
                "{\"driver\":\"virtio-blk-pci\",\"id\":\"plugged-disk-0-dev\",\"drive\":\"plugged-disk-0\",\"bus\":\"disk0\",\"addr\":\"0x0\",\"disable-legacy\":\"on\",\"werror\":\"report\",\"rerror\":\"report\"}");
        assertThat(plugged.get(30, TimeUnit.SECONDS))
                .as("behind the cards' four ports")
                .isEqualTo("1a/00");

        CompletableFuture<String> unplugged = Begun.begin(() -> unplug(ID));
        qemu.answer("device_del", "{\"id\":\"plugged-disk-0-dev\"}");
        qemu.event(
                "DEVICE_DELETED", JsonObject.builder().put("device", "plugged-disk-0-dev").build());
        qemu.answer("blockdev-del", "{\"node-name\":\"plugged-disk-0\"}");
        qemu.answer("remove-fd", "{\"fdset-id\":1000}");
        unplugged.get(30, TimeUnit.SECONDS);
        assertThat(disks.held().objects()).isEmpty();
    }

    @Test
    void whatNobodyMayWriteToIsOpenedSoAndSharedWithOthers() throws Exception {
        CompletableFuture<String> plugged = Begun.begin(() -> disks.plug(disk(ID, true)));
        MonitorCommand handed = host.take();
        assertThat(handed.files())
                .containsExactly(new InheritedFile("/dev/fdset/1000", file, Access.READ_ONLY));
        assertThat(handed.text())
                .contains("\"read-only\":true", "\"locking\":\"off\"")
                .doesNotContain("unmap");
        qemu.reply(qemu.receive(), JsonObject.EMPTY);
        plugged.get(30, TimeUnit.SECONDS);
    }

    @Test
    void aDeviceIsOpenedAsOne() throws Exception {
        var device = new VmDevice.Block(ID, Path.of("/dev/null"), false);
        CompletableFuture<String> plugged = Begun.begin(() -> disks.plug(device));
        assertThat(host.take().text()).contains("\"driver\":\"host_device\"");
        qemu.reply(qemu.receive(), JsonObject.EMPTY);
        plugged.get(30, TimeUnit.SECONDS);
    }

    @Test
    void whatTheConfigurationSaysOfDisksIsSaidToQemu() throws Exception {
        DiskPlan plan =
                new DiskPlan(
                        new DiskPlan.Places(0, 1),
                        2,
                        "native",
                        new DiskPlan.Cache(false, true),
                        new DiskPlan.Sectors(4096, 8192),
                        new DiskPlan.Queues(2, 64));
        disks = new PluggedDisks(qmp, new Handover(host, HANDOVER, 4711), 4, plan);
        CompletableFuture<String> plugged = Begun.begin(() -> disks.plug(disk(ID, false)));
        assertThat(host.take().text())
                .contains("\"aio\":\"native\"", "\"cache\":{\"direct\":true,\"no-flush\":true}");
        JsonObject device = qemu.receive();
        assertThat(device.toString())
                .contains(
                        "\"logical_block_size\":4096",
                        "\"physical_block_size\":8192",
                        "\"num-queues\":2",
                        "\"queue-size\":64",
                        "\"iothread\":\"disks-0\"");
        qemu.reply(device, JsonObject.EMPTY);
        plugged.get(30, TimeUnit.SECONDS);
        assertThat(DiskWords.goOn(DiskWords.held(plan))).isEqualTo(plan);
    }

    @Test
    void aFileThatIsRefusedLeavesThePlaceFree() throws Exception {
        host.answer =
                "{\"error\": {\"class\": \"GenericError\", \"desc\": \"Failed to get \\\"write\\\" lock\"}}";
        assertThatExceptionOfType(HypervisorFailure.class)
                .isThrownBy(() -> disks.plug(disk(ID, false)))
                .withMessage(
                        "plug disk %s (%s): blockdev-add refused: Failed to get \"write\" lock",
                        ID, file);
        assertThat(disks.held().objects()).isEmpty();
    }

    @Test
    void aDeviceThatIsRefusedTakesItsFileWithIt() throws Exception {
        CompletableFuture<String> plugged = Begun.begin(() -> disks.plug(disk(ID, false)));
        qemu.refuse(qemu.receive(), "GenericError", "Bus 'disk0' not found");
        qemu.answer("blockdev-del", "{\"node-name\":\"plugged-disk-0\"}");
        qemu.answer("remove-fd", "{\"fdset-id\":1000}");
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> plugged.get(30, TimeUnit.SECONDS))
                .withCauseInstanceOf(HypervisorFailure.class)
                .withMessageContaining("Bus 'disk0' not found");
        assertThat(disks.held().objects()).isEmpty();
    }

    @Test
    void oneMoreThanThereArePlacesIsRefusedWithTheKeyThatSaysHowMany() throws Exception {
        plugged();
        assertThatExceptionOfType(HypervisorFailure.class)
                .isThrownBy(() -> disks.plug(disk("other", false)))
                .withMessage(
                        "plug disk other (%s): no place left (expected: at most 1 disks at once;"
                                + " pcie_root_port in [hypervisor.qemu] says how many)",
                        file);
    }

    @Test
    void aGuestThatDoesNotLetGoKeepsItsDiskAndIsAskedAgain() throws Exception {
        plugged();
        CompletableFuture<String> first = Begun.begin(() -> unplug(ID));
        qemu.answer("device_del", "{\"id\":\"plugged-disk-0-dev\"}");
        qemu.event(
                "DEVICE_UNPLUG_GUEST_ERROR",
                JsonObject.builder().put("device", "plugged-disk-0-dev").build());
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> first.get(30, TimeUnit.SECONDS))
                .withMessageContaining("the guest does not let go of it");
        assertThat(disks.held().objects()).hasSize(1);

        CompletableFuture<String> second = Begun.begin(() -> unplug(ID));
        qemu.refuse(qemu.receive(), "DeviceNotFound", "Device 'plugged-disk-0-dev' not found");
        qemu.answer("blockdev-del", "{\"node-name\":\"plugged-disk-0\"}");
        qemu.answer("remove-fd", "{\"fdset-id\":1000}");
        second.get(30, TimeUnit.SECONDS);
    }

    @Test
    void whoWantsADiskThatIsBeingPluggedWaitsAndWhoWantsAnotherDoesNot() throws Exception {
        disks = new PluggedDisks(qmp, new Handover(host, HANDOVER, 4711), 4, DiskPlan.ofPlaces(2));
        CompletableFuture<String> first = Begun.begin(() -> disks.plug(disk(ID, false)));
        JsonObject held = qemu.receive();
        CompletableFuture<String> same = Begun.begin(() -> disks.plug(disk(ID, false)));
        CompletableFuture<String> other = Begun.begin(() -> disks.plug(disk("other", false)));
        JsonObject second = qemu.receive(); // although the first has no answer
        assertThat(second.toString()).contains("\"drive\":\"plugged-disk-1\"");
        qemu.reply(second, JsonObject.EMPTY);
        assertThat(other.get(30, TimeUnit.SECONDS)).isEqualTo("19/00");
        assertThat(same).isNotDone();

        qemu.reply(held, JsonObject.EMPTY);
        assertThat(first.get(30, TimeUnit.SECONDS)).isEqualTo("1a/00");
        assertThat(same.get(30, TimeUnit.SECONDS)).isEqualTo("1a/00");
        disks.unplug(disk(ID, false)); // nothing is said: one of two still needs it
    }

    @Test
    void whatNobodyForesawKeepsNobodyWaiting() throws Exception {
        host.failure = new IllegalStateException("unforeseen");
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> disks.plug(disk(ID, false)));
        host.failure = null;
        plugged();
    }

    @Test
    void whoWaitsForADiskThatCannotBePluggedTriesItself() throws Exception {
        CompletableFuture<String> first = Begun.begin(() -> disks.plug(disk(ID, false)));
        JsonObject held = qemu.receive();
        CompletableFuture<String> second = Begun.begin(() -> disks.plug(disk(ID, false)));
        qemu.refuse(held, "GenericError", "Bus 'disk0' not found");
        qemu.answer("blockdev-del", "{\"node-name\":\"plugged-disk-0\"}");
        qemu.answer("remove-fd", "{\"fdset-id\":1000}");
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> first.get(30, TimeUnit.SECONDS));
        qemu.reply(qemu.receive(), JsonObject.EMPTY);
        assertThat(second.get(30, TimeUnit.SECONDS)).isEqualTo("1a/00");
    }

    @Test
    void aDiskThatIsNotThereAndAQemuThatIsGoneAreFine() throws Exception {
        disks.unplug(disk("none", false));
        plugged();
        qemu.close();
        qmp.ended().get(30, TimeUnit.SECONDS);
        disks.unplug(disk(ID, false));
    }

    @Test
    void anotherDaemonGoesOnWithThem() throws Exception {
        plugged();
        PluggedDisks other =
                new PluggedDisks(qmp, new Handover(host, HANDOVER, 4711), 4, DiskPlan.ofPlaces(1));
        other.goOn(disks.held());
        listening.set(other);
        CompletableFuture<String> unplugged =
                Begun.begin(
                        () -> {
                            other.unplug(disk(ID, false));
                            return "";
                        });
        qemu.answer("device_del", "{\"id\":\"plugged-disk-0-dev\"}");
        qemu.event(
                "DEVICE_DELETED", JsonObject.builder().put("device", "plugged-disk-0-dev").build());
        qemu.reply(qemu.receive(), JsonObject.EMPTY);
        qemu.reply(qemu.receive(), JsonObject.EMPTY);
        unplugged.get(30, TimeUnit.SECONDS);
    }

    private void plugged() throws Exception {
        CompletableFuture<String> plugged = Begun.begin(() -> disks.plug(disk(ID, false)));
        qemu.reply(qemu.receive(), JsonObject.EMPTY);
        plugged.get(30, TimeUnit.SECONDS);
    }

    private VmDevice.Block disk(String id, boolean readOnly) {
        return new VmDevice.Block(id, file, readOnly);
    }

    private String unplug(String id) throws HypervisorFailure {
        disks.unplug(disk(id, false));
        return "";
    }
}
