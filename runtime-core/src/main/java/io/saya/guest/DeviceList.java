package io.saya.guest;

import io.saya.cgroup.CgroupPlacement;
import io.saya.host.Host;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The device nodes of the host that the VMM and virtiofsd may open: a list of version 1's cgroups,
 * or a program of BPF in one of version 2. The launcher does either, for which this process has not
 * the rights.
 */
final class DeviceList {
    /**
     * null, zero, full, random, urandom, kvm; all else is handed over open. Nodes may be made of
     * all devices, as runc has it: virtiofsd makes those of a container without a tmpfs on /dev,
     * which nobody can open on the host.
     */
    private static final List<String> ALWAYS =
            List.of(
                    "c *:* m",
                    "b *:* m",
                    "c 1:3 rw",
                    "c 1:5 rw",
                    "c 1:7 rw",
                    "c 1:8 rw",
                    "c 1:9 rw",
                    "c 10:232 rw",
                    "c 10:196 rw");

    /**
     * Of a line of {@code /proc/devices}; groups of VFIO have numbers that only their host knows.
     */
    private static final String VFIO = " vfio";

    /** Executed by a child of the guard, whose program is the launcher. */
    private static final Path LAUNCHER = Path.of("/proc/self/exe");

    private DeviceList() {}

    /**
     * Takes all other devices from what is in the cgroup and comes into it.
     *
     * @throws IOException if that cannot be
     */
    static void apply(Host host, CgroupPlacement cgroup) throws IOException {
        List<String> rules = rules(Files.readAllLines(Path.of("/proc/devices")));
        for (Path directory : cgroup.forDevices()) {
            HostProgram.run(
                    host,
                    LAUNCHER,
                    List.of(
                            "saya-devices",
                            "-bundle",
                            directory.toString(),
                            "-address",
                            String.join(",", rules),
                            "devices"));
        }
    }

    /**
     * Returns the rules, in the words of version 1.
     *
     * @param numbers the lines of {@code /proc/devices}
     */
    static List<String> rules(List<String> numbers) {
        List<String> rules = new ArrayList<>(ALWAYS);
        for (String line : numbers) {
            if (line.endsWith(VFIO)) {
                rules.add(
                        "c " + line.substring(0, line.length() - VFIO.length()).strip() + ":* rw");
            }
        }
        return rules;
    }
}
