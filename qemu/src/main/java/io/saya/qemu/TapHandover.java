package io.saya.qemu;

import io.saya.host.Host;
import io.saya.host.MonitorCommand;
import io.saya.hypervisor.VmDevice;
import io.saya.json.Json;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Gives the taps of cards that come while the guest runs to QEMU, which may not open any: the guard
 * opens them and passes them by a monitor of its own, on which it also has QEMU take them into use.
 * Thread safe.
 */
final class TapHandover {
    private final Host host;
    private final Path monitor;
    private final long pid;

    /**
     * @param monitor the socket of QEMU's second monitor
     * @param pid QEMU's process: the taps are made in its network namespace
     */
    TapHandover(Host host, Path monitor, long pid) {
        this.host = host;
        this.monitor = monitor;
        this.pid = pid;
    }

    /**
     * Has QEMU make a network backend on a card's tap.
     *
     * @throws Refused if QEMU refuses it; nothing is left of it then
     * @throws IOException if a tap cannot be opened, or QEMU does not answer: it is not known
     *     whether there is a backend
     */
    void addNetdev(String id, VmDevice.Network card) throws Refused, IOException {
        String answer =
                host.command(
                        new MonitorCommand(
                                monitor,
                                Path.of("/proc/" + pid + "/ns/net"),
                                VmDescriptors.inheritedVhostNets(card),
                                VmDescriptors.inheritedTaps(card),
                                command(id, card).toString()));
        try {
            JsonObject error = Json.parseObject(answer).object("error").orElse(null);
            if (error != null) {
                throw new Refused("netdev_add refused: " + error.string("desc").orElse(answer));
            }
        } catch (JsonException e) {
            throw new IOException("QEMU's answer to netdev_add: " + e.getMessage(), e);
        }
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

    /** QEMU understood and refused. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message);
        }
    }
}
