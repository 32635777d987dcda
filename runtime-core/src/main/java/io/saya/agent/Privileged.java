package io.saya.agent;

import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.proto.agent.oci.LinuxCapabilities;
import java.util.List;

/**
 * Tells a privileged container. A specification has no word for it, and where containerd leaves the
 * host's devices out ({@code privileged_without_host_devices}) it leaves the rule out as well that
 * opens all devices. Such a container may do all else to the guest's kernel, so that the devices of
 * the guest are no further right.
 */
final class Privileged {

    private static final List<String> RIGHTS =
            List.of("CAP_SYS_ADMIN", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_MKNOD");

    private Privileged() {}

    /**
     * True if a container has the rights that only a privileged one has, and nothing of {@code
     * /proc} and {@code /sys} is kept from it.
     *
     * @param linux the specification's {@code linux}
     */
    static boolean is(LinuxCapabilities capabilities, JsonObject linux) {
        return capabilities.getBoundingList().containsAll(RIGHTS)
                && linux.array("maskedPaths").orElse(JsonArray.EMPTY).values().isEmpty()
                && linux.array("readonlyPaths").orElse(JsonArray.EMPTY).values().isEmpty();
    }
}
