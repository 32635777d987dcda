package io.saya.guest;

import io.saya.host.Host;
import io.saya.log.Log;
import io.saya.resources.VcpuPinning;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Binds threads by the program {@code taskset} of util-linux: Java has no call for it, and a word
 * of the guard's would be there for this alone.
 */
final class Taskset implements VcpuPinning.Binder {
    private static final Path PROGRAM = Path.of("/usr/bin/taskset");
    private static final Path ALL_CPUS = Path.of("/sys/devices/system/cpu/online");
    private static final Log LOG = Log.of("resources");

    private final Host host;

    private Taskset(Host host) {
        this.host = host;
    }

    /** What binds a machine's virtual CPUs by this host's program. */
    static VcpuPinning pinning(Host host) {
        try {
            return VcpuPinning.by(new Taskset(host), Files.readString(ALL_CPUS).strip());
        } catch (IOException e) {
            LOG.warn("virtual CPUs are not bound: nothing tells the host's CPUs", "error", e);
            return VcpuPinning.OFF;
        }
    }

    @Override
    public void bind(long thread, String cpus) throws IOException {
        HostProgram.run(host, PROGRAM, List.of("taskset", "-p", "-c", cpus, Long.toString(thread)));
    }
}
