package io.saya.qemu;

import io.saya.json.JsonObject;
import io.saya.lifecycle.Waited;
import io.saya.qemu.qmp.QmpCommand;
import io.saya.qemu.qmp.QmpConnection;
import io.saya.qemu.qmp.QmpEvent;
import io.saya.qemu.qmp.QmpFailure;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Takes devices away from the running guest, which has to let go of them first. Thread safe. */
final class Removals {
    /**
     * Limit for commands that QEMU carries out at once; QEMU that needs longer is stopped or hangs.
     */
    private static final Duration COMMAND_DEADLINE = Duration.ofSeconds(5);

    /**
     * A guest that works lets go of a device within some 100 ms, under emulation too; after 5 s
     * where the machine has native PCI Express hot-plug, whose button may be pressed again that
     * long.
     */
    static final Duration RELEASE_DEADLINE = Duration.ofSeconds(8);

    private final QmpConnection qmp;

    /** Devices that the guest is asked to let go of: whether it has. */
    private final Map<String, CompletableFuture<Boolean>> leaving = new ConcurrentHashMap<>();

    Removals(QmpConnection qmp) {
        this.qmp = qmp;
        // A kill of the sandbox does not wait for its guest.
        var _ = qmp.ended().thenAccept(_ -> leaving.values().forEach(each -> each.complete(false)));
    }

    /** Takes note of an event about a device. */
    void note(QmpEvent event) {
        CompletableFuture<Boolean> released = leaving.get(event.data().string("device").orElse(""));
        if (released == null) {
            return;
        }
        switch (event.name()) {
            case "DEVICE_DELETED" -> released.complete(true);
            case "DEVICE_UNPLUG_GUEST_ERROR" -> released.complete(false);
            default -> {
                // Nothing that ends the wait.
            }
        }
    }

    /**
     * Takes a device away; one that is not there any more is fine.
     *
     * @return whether the guest has let go of it within {@link #RELEASE_DEADLINE}
     */
    boolean remove(String id) throws QmpFailure {
        CompletableFuture<Boolean> released = new CompletableFuture<>();
        leaving.put(id, released);
        if (qmp.ended().isDone()) {
            released.complete(false); // after the put: one of the two sees the other
        }
        try {
            qmp.execute(
                    new QmpCommand("device_del", JsonObject.builder().put("id", id).build()),
                    COMMAND_DEADLINE);
            return Waited.on(released, RELEASE_DEADLINE) instanceof Waited.Done(Boolean gone)
                    && gone;
        } catch (QmpFailure e) {
            // It has gone after all, when nobody waited any more. Any other refusal is of one that
            // is still there, such as one whose guest was asked and has not answered yet.
            if (!e.deviceNotFound()) {
                throw e;
            }
            return true;
        } finally {
            leaving.remove(id);
        }
    }
}
