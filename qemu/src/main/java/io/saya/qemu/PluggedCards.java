package io.saya.qemu;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmDevice;
import io.saya.json.JsonObject;
import io.saya.qemu.args.Device;
import io.saya.qemu.qmp.QmpCommand;
import io.saya.qemu.qmp.QmpConnection;
import io.saya.qemu.qmp.QmpEvent;
import io.saya.qemu.qmp.QmpFailure;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Network cards that come and go while the guest runs, one behind each root port. Thread safe. */
final class PluggedCards {
    /**
     * Limit for commands that QEMU carries out at once. On a busy host it may not get a processor
     * for seconds; one that is stopped or gone is noticed elsewhere, and sooner.
     */
    private static final Duration COMMAND_DEADLINE = Duration.ofSeconds(30);

    private final QmpConnection qmp;
    private final TapHandover handover;
    private final int slots;

    /** The card in each port. The lock is held for memory operations only. */
    @GuardedBy("this")
    private final Map<String, Integer> ports = new HashMap<>();

    private final Removals removals;

    PluggedCards(QmpConnection qmp, TapHandover handover, int slots) {
        this.qmp = qmp;
        this.handover = handover;
        this.slots = slots;
        this.removals = new Removals(qmp);
    }

    /** The name of a root port, and of the bus behind it. */
    static String port(int number) {
        return "plug" + number;
    }

    synchronized int freeSlots() {
        return slots - ports.size();
    }

    /** How many cards can be plugged in all. */
    int slots() {
        return slots;
    }

    /** See {@link io.saya.hypervisor.Vm#plug(VmDevice.Network)}. */
    String plug(VmDevice.Network card) throws HypervisorFailure {
        int port = take(card);
        try {
            handover.addNetdev(netdevId(card), card);
        } catch (Handover.Refused e) {
            release(card);
            throw failure("plug", card, e);
        } catch (IOException e) {
            if (removeNetdevQuietly(card, e)) {
                release(card);
            }
            throw failure("plug", card, e);
        }
        try {
            qmp.execute(new QmpCommand("device_add", device(card, port)), COMMAND_DEADLINE);
        } catch (QmpFailure e) {
            if (e.kind() == QmpFailure.Kind.REFUSED) {
                boolean _ = removeNetdevQuietly(card, e);
                release(card);
            }
            throw failure("plug", card, e);
        }
        return PciSlots.port(port).pathBehind();
    }

    /** See {@link io.saya.hypervisor.Vm#unplug(VmDevice.Network)}. */
    void unplug(VmDevice.Network card) throws HypervisorFailure {
        try {
            remove(card);
        } catch (QmpFailure e) {
            throw failure("unplug", card, e);
        }
    }

    /** Takes note of an event about a device. */
    void note(QmpEvent event) {
        removals.note(event);
    }

    private void remove(VmDevice.Network card) throws QmpFailure, HypervisorFailure {
        if (!removals.remove(deviceId(card))) {
            throw new HypervisorFailure(
                    "unplug network card "
                            + describe(card)
                            + ": the guest does not let go of it (waited at most "
                            + Removals.RELEASE_DEADLINE.toMillis()
                            + " ms)");
        }
        removeNetdev(card);
        release(card);
    }

    /** Ignores the failure that says the thing is gone already. */
    private void removeNetdev(VmDevice.Network card) throws QmpFailure {
        try {
            qmp.execute(
                    new QmpCommand(
                            "netdev_del", JsonObject.builder().put("id", netdevId(card)).build()),
                    COMMAND_DEADLINE);
        } catch (QmpFailure e) {
            if (e.kind() != QmpFailure.Kind.REFUSED) {
                throw e;
            }
        }
    }

    private boolean removeNetdevQuietly(VmDevice.Network card, Exception cause) {
        try {
            removeNetdev(card);
            return true;
        } catch (QmpFailure e) {
            cause.addSuppressed(e);
            return false;
        }
    }

    private synchronized int take(VmDevice.Network card) throws HypervisorFailure {
        for (int port = 0; port < slots; port++) {
            if (!ports.containsValue(port)) {
                ports.put(card.id(), port);
                return port;
            }
        }
        throw new HypervisorFailure(
                "plug network card "
                        + describe(card)
                        + ": no slot left (expected: at most "
                        + slots
                        + " cards that come while the guest runs)");
    }

    private synchronized void release(VmDevice.Network card) {
        ports.remove(card.id());
    }

    private static JsonObject device(VmDevice.Network card, int port) {
        JsonObject.Builder arguments =
                JsonObject.builder()
                        .put("driver", "virtio-net-pci")
                        .put("id", deviceId(card))
                        .put("netdev", netdevId(card))
                        .put("mac", card.macAddress())
                        .put("bus", port(port))
                        .put("addr", "0x0")
                        .put("disable-legacy", "on")
                        .put("romfile", "");
        if (card.queues() > 1) {
            arguments.put("mq", true).put("vectors", Device.VirtioNetPci.vectors(card.queues()));
        }
        return arguments.build();
    }

    private static String netdevId(VmDevice.Network card) {
        return "net-" + card.id();
    }

    private static String deviceId(VmDevice.Network card) {
        return netdevId(card) + "-dev";
    }

    private static String describe(VmDevice.Network card) {
        return netdevId(card) + " (" + card.tap() + ")";
    }

    private static HypervisorFailure failure(String what, VmDevice.Network card, Exception cause) {
        return new HypervisorFailure(
                what + " network card " + describe(card) + ": " + cause.getMessage(), cause);
    }
}
