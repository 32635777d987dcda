package io.saya.qemu;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.host.Placement.Access;
import io.saya.host.Placement.InheritedFile;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmDevice;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import io.saya.qemu.qmp.QmpCommand;
import io.saya.qemu.qmp.QmpConnection;
import io.saya.qemu.qmp.QmpEvent;
import io.saya.qemu.qmp.QmpFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

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

    /** QEMU's numbers for sets of descriptors, above those of the disks of the start. */
    private static final int FIRST_SET = 1000;

    private final QmpConnection qmp;
    private final Handover handover;
    private final int firstPort;
    private final int slots;
    private final Removals removals;

    /**
     * One disk comes or goes at a time: several containers may ask for the same one. Held while
     * QEMU is asked, and for the {@link Removals#RELEASE_DEADLINE} of a guest at most.
     */
    private final Lock changes = new ReentrantLock();

    /** The disk in each port. The lock is held for memory operations only. */
    @GuardedBy("this")
    private final Map<String, Place> places = new HashMap<>();

    /** Where a disk is, and how many have asked for it. */
    private record Place(int port, int users) {}

    /**
     * @param firstPort number of the first of their root ports
     * @param slots how many there are
     */
    PluggedDisks(QmpConnection qmp, Handover handover, int firstPort, int slots) {
        this.qmp = qmp;
        this.handover = handover;
        this.firstPort = firstPort;
        this.slots = slots;
        this.removals = new Removals(qmp);
    }

    /** The name of a root port for a disk, and of the bus behind it. */
    static String port(int number) {
        return "disk" + number;
    }

    /** How many disks can be plugged in all. */
    int slots() {
        return slots;
    }

    /** Describes the disks for another daemon. */
    synchronized JsonArray held() {
        List<JsonValue> held = new ArrayList<>();
        places.forEach(
                (id, place) ->
                        held.add(
                                JsonObject.builder()
                                        .put("id", id)
                                        .put("port", place.port())
                                        .put("users", place.users())
                                        .build()));
        return new JsonArray(held);
    }

    /** Goes on with those that another daemon knows of. */
    synchronized void goOn(JsonArray held) {
        for (JsonObject one : held.objects()) {
            places.put(
                    one.string("id").orElse(""),
                    new Place(
                            (int) one.integer("port").orElse(0),
                            (int) one.integer("users").orElse(1)));
        }
    }

    /** See {@link io.saya.hypervisor.Vm#plug(VmDevice.Block)}. */
    String plug(VmDevice.Block disk) throws HypervisorFailure {
        changes.lock();
        try {
            int port = portOf(disk);
            if (port < 0) {
                port = take(disk);
                plug(disk, port);
            } else {
                count(disk, 1);
            }
            return PciSlots.port(firstPort + port).pathBehind();
        } finally {
            changes.unlock();
        }
    }

    private void plug(VmDevice.Block disk, int port) throws HypervisorFailure {
        try {
            handover.command(List.of(file(disk, port)), List.of(), List.of(), blockdev(disk, port));
        } catch (Handover.Refused e) {
            release(disk);
            throw failure("plug", disk, e);
        } catch (IOException e) {
            // It may have been opened, by a QEMU that did not say so in time.
            if (removeNodeQuietly(port, e)) {
                release(disk);
            }
            throw failure("plug", disk, e);
        }
        try {
            qmp.execute(new QmpCommand("device_add", device(port)), COMMAND_DEADLINE);
        } catch (QmpFailure e) {
            if (e.kind() == QmpFailure.Kind.REFUSED && removeNodeQuietly(port, e)) {
                release(disk);
            }
            throw failure("plug", disk, e);
        }
    }

    /** See {@link io.saya.hypervisor.Vm#unplug(VmDevice.Block)}. */
    void unplug(VmDevice.Block disk) throws HypervisorFailure {
        changes.lock();
        try {
            int port = portOf(disk);
            if (port < 0 || qmp.ended().isDone()) {
                return; // with QEMU all its disks have gone
            }
            if (!count(disk, -1)) {
                unplug(disk, port);
            }
        } finally {
            changes.unlock();
        }
    }

    private void unplug(VmDevice.Block disk, int port) throws HypervisorFailure {
        try {
            if (!removals.remove(deviceId(port))) {
                throw new HypervisorFailure(
                        describe("unplug", disk)
                                + "the guest does not let go of it (waited at most "
                                + Removals.RELEASE_DEADLINE.toMillis()
                                + " ms); it goes with the VM");
            }
            removeNode(port);
        } catch (QmpFailure e) {
            if (qmp.ended().isDone()) {
                return;
            }
            throw failure("unplug", disk, e);
        }
        release(disk);
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

    private boolean removeNodeQuietly(int port, Exception cause) {
        try {
            removeNode(port);
            return true;
        } catch (QmpFailure e) {
            cause.addSuppressed(e);
            return false;
        }
    }

    private synchronized int take(VmDevice.Block disk) throws HypervisorFailure {
        for (int port = 0; port < slots; port++) {
            int free = port;
            if (places.values().stream().noneMatch(place -> place.port() == free)) {
                places.put(disk.id(), new Place(port, 1));
                return port;
            }
        }
        throw new HypervisorFailure(
                describe("plug", disk)
                        + "no place left (expected: at most "
                        + slots
                        + " disks at once; pcie_root_port in [hypervisor.qemu] says how many)");
    }

    /** Below 0: it is not there. */
    private synchronized int portOf(VmDevice.Block disk) {
        Place place = places.get(disk.id());
        return place == null ? -1 : place.port();
    }

    /**
     * One more has asked for a disk, or one fewer; the last one stays until the disk has gone.
     *
     * @return whether others are left
     */
    private synchronized boolean count(VmDevice.Block disk, int more) {
        Place place = places.get(disk.id());
        if (place == null || place.users() + more == 0) {
            return false;
        }
        places.put(disk.id(), new Place(place.port(), place.users() + more));
        return true;
    }

    private synchronized void release(VmDevice.Block disk) {
        places.remove(disk.id());
    }

    /** A device that a guest writes to must not be mounted on the host as well. */
    private static InheritedFile file(VmDevice.Block disk, int port) {
        Access alone = disk.shared() ? Access.READ_WRITE : Access.EXCLUSIVE;
        return new InheritedFile(
                set(port), disk.path(), disk.readOnly() ? Access.READ_ONLY : alone);
    }

    private static JsonObject blockdev(VmDevice.Block disk, int port) {
        JsonObject.Builder file =
                JsonObject.builder()
                        .put("driver", Files.isRegularFile(disk.path()) ? "file" : "host_device")
                        .put("filename", set(port));
        JsonObject.Builder node =
                JsonObject.builder()
                        .put("driver", "raw")
                        .put("node-name", node(port))
                        .put("read-only", disk.readOnly());
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
    private static JsonObject device(int port) {
        return JsonObject.builder()
                .put("driver", "virtio-blk-pci")
                .put("id", deviceId(port))
                .put("drive", node(port))
                .put("bus", port(port))
                .put("addr", "0x0")
                .put("disable-legacy", "on")
                .put("werror", "report")
                .put("rerror", "report")
                .build();
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

    private static String describe(String what, VmDevice.Block disk) {
        Path path = disk.path();
        return what + " disk " + disk.id() + " (" + path + "): ";
    }

    private static HypervisorFailure failure(String what, VmDevice.Block disk, Exception cause) {
        return new HypervisorFailure(describe(what, disk) + cause.getMessage(), cause);
    }
}
