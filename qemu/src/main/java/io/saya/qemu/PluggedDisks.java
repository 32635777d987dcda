package io.saya.qemu;

import io.saya.host.Placement.Access;
import io.saya.host.Placement.InheritedFile;
import io.saya.hypervisor.DiskPlan;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmDevice;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.lifecycle.Waited;
import io.saya.qemu.DiskPlaces.Turn;
import io.saya.qemu.qmp.QmpCommand;
import io.saya.qemu.qmp.QmpConnection;
import io.saya.qemu.qmp.QmpEvent;
import io.saya.qemu.qmp.QmpFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Disks that come and go while the guest runs, one behind each root port. The guard opens a disk's
 * file: QEMU has no name of it. Thread safe.
 */
final class PluggedDisks {
    /**
     * Limit for commands that QEMU carries out at once. On a busy host it may not get a processor
     * for seconds; one that is stopped or gone is noticed elsewhere, and sooner.
     */
    private static final Duration COMMAND_DEADLINE = Duration.ofSeconds(30);

    /** A change of a disk asks QEMU a few times, the guest once, and the guard once. */
    private static final Duration CHANGE_DEADLINE = Duration.ofMinutes(2);

    /** QEMU's numbers for sets of descriptors, above those of the disks of the start. */
    private static final int FIRST_SET = 1000;

    private final QmpConnection qmp;
    private final Handover handover;
    private final int firstPort;
    private final DiskPlan plan;
    private final Removals removals;
    private final DiskPlaces places;

    /**
     * @param firstPort number of the first of their root ports
     * @param plan how many there are, and how they are served
     */
    PluggedDisks(QmpConnection qmp, Handover handover, int firstPort, DiskPlan plan) {
        this.qmp = qmp;
        this.handover = handover;
        this.firstPort = firstPort;
        this.plan = plan;
        this.places = new DiskPlaces(plan.places().all());
        this.removals = new Removals(qmp);
    }

    /** The name of a root port for a disk, and of the bus behind it. */
    static String port(int number) {
        return "disk" + number;
    }

    /** The name of a thread that does requests of some of the disks. */
    static String thread(int number) {
        return "disks-" + number;
    }

    /** How many disks can be plugged in all, and how they are served. */
    DiskPlan plan() {
        return plan;
    }

    /** Describes the disks for another daemon. */
    JsonArray held() {
        return places.held();
    }

    /** Goes on with those that another daemon knows of. */
    void goOn(JsonArray held) {
        places.goOn(held);
    }

    /** See {@link io.saya.hypervisor.Vm#plug(VmDevice.Block)}. */
    String plug(VmDevice.Block disk) throws HypervisorFailure {
        int port =
                switch (turn(disk, places::plug)) {
                    case Turn.Shared(int there) -> there;
                    case Turn.Change(int free) -> {
                        try {
                            plug(disk, free);
                        } catch (RuntimeException e) {
                            // Nobody foresaw it, and others wait for the end of the change.
                            places.unsure(disk.id());
                            throw e;
                        }
                        yield free;
                    }
                    case Turn.Busy _ -> throw busy("plug", disk);
                    case Turn.None() ->
                            throw new HypervisorFailure(
                                    describe("plug", disk)
                                            + "no place left (expected: at most "
                                            + plan.places().all()
                                            + " disks at once; pcie_root_port in"
                                            + " [hypervisor.qemu] says how many)");
                };
        return PciSlots.port(firstPort + port).pathBehind();
    }

    /** Waits until nobody else changes this disk, {@link #CHANGE_DEADLINE} at most. */
    private static Turn turn(VmDevice.Block disk, Function<String, Turn> ask) {
        long deadline = System.nanoTime() + CHANGE_DEADLINE.toNanos();
        Turn turn = ask.apply(disk.id());
        while (turn instanceof Turn.Busy(CompletableFuture<Void> end)
                && Waited.on(end, Duration.ofNanos(deadline - System.nanoTime())).isOver()) {
            turn = ask.apply(disk.id());
        }
        return turn;
    }

    private void plug(VmDevice.Block disk, int port) throws HypervisorFailure {
        try {
            handover.command(List.of(file(disk, port)), List.of(), List.of(), blockdev(disk, port));
        } catch (Handover.Refused e) {
            places.gone(disk.id());
            throw failure("plug", disk, e);
        } catch (IOException e) {
            // It may have been opened, by a QEMU that did not say so in time.
            takeBack(disk, port, e);
            throw failure("plug", disk, e);
        }
        try {
            qmp.execute(new QmpCommand("device_add", device(port)), COMMAND_DEADLINE);
        } catch (QmpFailure e) {
            if (e.kind() == QmpFailure.Kind.REFUSED) {
                takeBack(disk, port, e);
            } else {
                places.unsure(disk.id());
            }
            throw failure("plug", disk, e);
        }
        places.plugged(disk.id());
    }

    /** Frees the place of a disk that could not be plugged, if QEMU lets go of its file. */
    private void takeBack(VmDevice.Block disk, int port, Exception cause) {
        try {
            removeNode(port);
            places.gone(disk.id());
        } catch (QmpFailure e) {
            cause.addSuppressed(e);
            places.unsure(disk.id());
        }
    }

    /** See {@link io.saya.hypervisor.Vm#unplug(VmDevice.Block)}. */
    void unplug(VmDevice.Block disk) throws HypervisorFailure {
        if (qmp.ended().isDone()) {
            return; // with QEMU all its disks have gone
        }
        switch (turn(disk, places::unplug)) {
            case Turn.Shared _, Turn.None() -> {
                // Others need it, or it is not there.
            }
            case Turn.Change(int port) -> unplug(disk, port);
            case Turn.Busy _ -> throw busy("unplug", disk);
        }
    }

    private void unplug(VmDevice.Block disk, int port) throws HypervisorFailure {
        boolean gone = false;
        try {
            if (!removals.remove(deviceId(port))) {
                throw new HypervisorFailure(
                        describe("unplug", disk)
                                + "the guest does not let go of it (waited at most "
                                + Removals.RELEASE_DEADLINE.toMillis()
                                + " ms); it goes with the VM");
            }
            removeNode(port);
            gone = true;
        } catch (QmpFailure e) {
            if (!qmp.ended().isDone()) {
                throw failure("unplug", disk, e);
            }
        } finally {
            if (gone) {
                places.gone(disk.id());
            } else {
                places.unsure(disk.id());
            }
        }
    }

    /** Takes note of an event about a device. */
    void note(QmpEvent event) {
        removals.note(event);
    }

    /** What is gone already is no failure. */
    private void removeNode(int port) throws QmpFailure {
        unlessRefused("blockdev-del", JsonObject.builder().put("node-name", node(port)).build());
        unlessRefused("remove-fd", JsonObject.builder().put("fdset-id", FIRST_SET + port).build());
    }

    private void unlessRefused(String command, JsonObject arguments) throws QmpFailure {
        try {
            qmp.execute(new QmpCommand(command, arguments), COMMAND_DEADLINE);
        } catch (QmpFailure e) {
            if (e.kind() != QmpFailure.Kind.REFUSED) {
                throw e;
            }
        }
    }

    /** A device that a guest writes to must not be mounted on the host as well. */
    private static InheritedFile file(VmDevice.Block disk, int port) {
        Access alone = disk.shared() ? Access.READ_WRITE : Access.EXCLUSIVE;
        return new InheritedFile(
                set(port), disk.path(), disk.readOnly() ? Access.READ_ONLY : alone);
    }

    private JsonObject blockdev(VmDevice.Block disk, int port) {
        JsonObject.Builder file =
                JsonObject.builder()
                        .put("driver", Files.isRegularFile(disk.path()) ? "file" : "host_device")
                        .put("filename", set(port));
        JsonObject.Builder node =
                JsonObject.builder()
                        .put("driver", "raw")
                        .put("node-name", node(port))
                        .put("read-only", disk.readOnly());
        DiskWords.file(plan, file);
        DiskWords.node(plan, node);
        if (disk.readOnly() || disk.shared()) {
            // Of one that nobody writes to QEMU's lock would also need write access to the file.
            file.put("locking", "off");
        }
        if (!disk.readOnly()) {
            // What the guest discards is no longer the file's.
            file.put("discard", "unmap");
            node.put("discard", "unmap");
        }
        return JsonObject.builder()
                .put("execute", "blockdev-add")
                .put("arguments", node.put("file", file.build()).build())
                .build();
    }

    /** An error is the guest's to handle: by default QEMU would stop it where the disk is full. */
    private JsonObject device(int port) {
        JsonObject.Builder device =
                JsonObject.builder()
                        .put("driver", "virtio-blk-pci")
                        .put("id", deviceId(port))
                        .put("drive", node(port))
                        .put("bus", port(port))
                        .put("addr", "0x0")
                        .put("disable-legacy", "on")
                        .put("werror", "report")
                        .put("rerror", "report");
        if (plan.threads() > 0) {
            device.put("iothread", thread(port % plan.threads()));
        }
        DiskWords.device(plan, device);
        return device.build();
    }

    private static String set(int port) {
        return "/dev/fdset/" + (FIRST_SET + port);
    }

    /** QEMU allows 31 characters, which the id of a container may exceed. */
    private static String node(int port) {
        return "plugged-disk-" + port;
    }

    private static String deviceId(int port) {
        return node(port) + "-dev";
    }

    private static HypervisorFailure busy(String what, VmDevice.Block disk) {
        return new HypervisorFailure(
                describe(what, disk)
                        + "another change of it has not ended (waited at most "
                        + CHANGE_DEADLINE.toSeconds()
                        + " s)");
    }

    private static String describe(String what, VmDevice.Block disk) {
        Path path = disk.path();
        return what + " disk " + disk.id() + " (" + path + "): ";
    }

    private static HypervisorFailure failure(String what, VmDevice.Block disk, Exception cause) {
        return new HypervisorFailure(describe(what, disk) + cause.getMessage(), cause);
    }
}
