package io.saya.qemu;

import io.saya.host.Placement.InheritedConnection;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmDevice;
import io.saya.json.JsonObject;
import io.saya.qemu.qmp.QmpCommand;
import io.saya.qemu.qmp.QmpConnection;
import io.saya.qemu.qmp.QmpFailure;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * The share of a guest that goes on from a template: no vhost-user device can be saved with QEMU
 * 7.2, so it comes when the state has been loaded. The guard connects to who serves it, which
 * serves one connection only, so not before then.
 */
final class PluggedShare {
    /** The root port that it sits behind. */
    static final String PORT = "plugfs";

    private static final Duration COMMAND_DEADLINE = Duration.ofSeconds(30);

    private PluggedShare() {}

    /** Plugs it in; the guest finds it when it runs. */
    static void plug(QmpConnection qmp, Handover handover, VmDevice.VirtioFs share)
            throws HypervisorFailure {
        String id = "fs-" + share.tag();
        String descriptor = VmDescriptors.share(share);
        try {
            handover.command(
                    List.of(),
                    List.of(new InheritedConnection(descriptor, share.socket())),
                    List.of(),
                    connection(id, descriptor));
            qmp.execute(
                    new QmpCommand(
                            "device_add",
                            JsonObject.builder()
                                    .put("driver", "vhost-user-fs-pci")
                                    .put("id", id + "-dev")
                                    .put("chardev", id)
                                    .put("tag", share.tag())
                                    .put("queue-size", share.queueSize())
                                    .put("bus", PORT)
                                    .put("addr", "0x0")
                                    .build()),
                    COMMAND_DEADLINE);
        } catch (Handover.Refused | IOException | QmpFailure e) {
            throw new HypervisorFailure("plug the share: " + e.getMessage(), e);
        }
    }

    private static JsonObject connection(String id, String descriptor) {
        JsonObject address =
                JsonObject.builder()
                        .put("type", "fd")
                        .put("data", JsonObject.builder().put("str", descriptor).build())
                        .build();
        JsonObject backend =
                JsonObject.builder()
                        .put("type", "socket")
                        .put(
                                "data",
                                JsonObject.builder()
                                        .put("addr", address)
                                        .put("server", false)
                                        .build())
                        .build();
        return JsonObject.builder()
                .put("execute", "chardev-add")
                .put(
                        "arguments",
                        JsonObject.builder().put("id", id).put("backend", backend).build())
                .build();
    }
}
