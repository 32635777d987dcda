package io.saya.qemu;

import io.saya.hypervisor.VmDevice;
import io.saya.json.JsonObject;
import java.io.IOException;
import java.util.List;

/** Gives QEMU the taps of cards that come while the guest runs. Thread safe. */
final class TapHandover {
    private final Handover handover;

    TapHandover(Handover handover) {
        this.handover = handover;
    }

    /**
     * Has QEMU make a network backend on a card's tap.
     *
     * @throws Handover.Refused if QEMU refuses it; nothing is left of it then
     * @throws IOException if a tap cannot be opened, or QEMU does not answer: it is not known
     *     whether there is a backend
     */
    void addNetdev(String id, VmDevice.Network card) throws Handover.Refused, IOException {
        handover.command(
                VmDescriptors.inheritedVhostNets(card),
                List.of(),
                VmDescriptors.inheritedTaps(card),
                command(id, card));
    }

    private static JsonObject command(String id, VmDevice.Network card) {
        boolean several = card.queues() > 1;
        JsonObject.Builder arguments =
                JsonObject.builder()
                        .put("type", "tap")
                        .put("id", id)
                        .put(several ? "fds" : "fd", String.join(":", VmDescriptors.taps(card)));
        if (card.vhost()) {
            arguments
                    .put("vhost", true)
                    .put(
                            several ? "vhostfds" : "vhostfd",
                            String.join(":", VmDescriptors.vhostNets(card)));
        }
        return JsonObject.builder()
                .put("execute", "netdev_add")
                .put("arguments", arguments.build())
                .build();
    }
}
