package io.saya.task;

import io.saya.host.BlockNode;
import io.saya.hypervisor.VmDevice;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.oci.OciSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A block device of the host that a container is given by name: a pod's {@code volumeDevices},
 * Docker's {@code --device}.
 *
 * @param path where the container has it
 * @param major of the host
 * @param minor of the host
 * @param readOnly whether the container may only read it
 */
record BlockVolume(String path, long major, long minor, boolean readOnly) {

    /** Devices in files; the guest has its own of these, by the same numbers. */
    private static final long LOOP = 7;

    /**
     * Those of a specification. A container that may open all devices has none: its list is that of
     * all that the host has, and stands for those of the guest.
     */
    static List<BlockVolume> of(OciSpec spec) {
        List<JsonObject> rules =
                spec.resources().array("devices").orElse(JsonArray.EMPTY).objects();
        if (rules.stream().anyMatch(BlockVolume::opensAll)) {
            return List.of();
        }
        List<BlockVolume> volumes = new ArrayList<>();
        for (JsonObject device :
                spec.json()
                        .object("linux")
                        .flatMap(linux -> linux.array("devices"))
                        .orElse(JsonArray.EMPTY)
                        .objects()) {
            if (device.string("type").orElse("").equals("b")) {
                long major = device.integer("major").orElse(-1);
                long minor = device.integer("minor").orElse(-1);
                List<JsonObject> own =
                        rules.stream().filter(rule -> isOf(rule, major, minor)).toList();
                volumes.add(
                        new BlockVolume(
                                device.string("path").orElse(""),
                                major,
                                minor,
                                !own.isEmpty() && own.stream().noneMatch(BlockVolume::writes)));
            }
        }
        return volumes;
    }

    /**
     * @throws IOException where the guest would have a node of that name and no such device
     */
    static void refuse(List<BlockVolume> volumes) throws IOException {
        for (BlockVolume volume : volumes) {
            if (volume.major() != LOOP) {
                throw new IOException(
                        volume
                                + ": the guest does not have the host's block devices (expected:"
                                + " disable_block_device_use = false in [hypervisor.qemu], which"
                                + " makes it a disk of the guest's; or no such device)");
            }
        }
    }

    /** The disk that stands for it; all containers of a sandbox that have it have the same. */
    VmDevice.Block disk() throws IOException {
        return new VmDevice.Block(
                "volume-" + major + ":" + minor + (readOnly ? "-ro" : ""),
                BlockNode.of(major, minor),
                readOnly,
                true);
    }

    private static boolean opensAll(JsonObject rule) {
        String type = rule.string("type").orElse("");
        return rule.bool("allow").orElse(false)
                && (type.isEmpty() || type.equals("a"))
                && rule.integer("major").orElse(-1) < 0;
    }

    private static boolean isOf(JsonObject rule, long major, long minor) {
        return rule.bool("allow").orElse(false)
                && rule.string("type").orElse("").equals("b")
                && rule.integer("major").orElse(-1) == major
                && rule.integer("minor").orElse(-1) == minor;
    }

    private static boolean writes(JsonObject rule) {
        return rule.string("access").orElse("rwm").contains("w");
    }

    /** For messages. */
    @Override
    public String toString() {
        return "block device " + path + " (" + major + ":" + minor + " of the host)";
    }
}
