package io.saya.resources;

import io.saya.failure.RuntimeFailure;
import io.saya.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The CPUs and memory nodes that the host can have. Those that a container names become the
 * guest's, so no kernel would refuse what makes no sense, as the host's does for runc.
 */
public final class HostSets {
    private static final Path SYSTEM = Path.of("/sys/devices/system");

    private HostSets() {}

    /**
     * Refuses lists that are none, and those that name what this host cannot have.
     *
     * @param resources OCI's {@code linux.resources}
     */
    public static void require(JsonObject resources) {
        require(resources, SYSTEM);
    }

    static void require(JsonObject resources, Path system) {
        JsonObject cpu = resources.object("cpu").orElse(JsonObject.EMPTY);
        require("cpus", Demand.cpus(resources), system.resolve("cpu/possible"));
        require("mems", cpu.string("mems").orElse(""), system.resolve("node/possible"));
    }

    private static void require(String name, String list, Path possible) {
        if (list.isBlank() || list.strip().equals(CpuSet.ALL)) {
            return;
        }
        CpuSet wanted = CpuSet.parse(list);
        CpuSet host = possible(possible);
        if (wanted.count() == 0 || (host.count() > 0 && !host.union(wanted).equals(host))) {
            throw RuntimeFailure.invalidArgument(
                    "cpuset."
                            + name
                            + " '"
                            + list
                            + "' (expected: a list such as 0-2,7; this host has "
                            + (host.count() > 0 ? host : "0")
                            + ")");
        }
    }

    /** Empty where the kernel does not tell. */
    private static CpuSet possible(Path file) {
        try {
            return CpuSet.parse(Files.readString(file));
        } catch (IOException e) {
            return CpuSet.NONE;
        }
    }
}
