package io.saya.qemu;

import io.saya.host.Host;
import io.saya.host.MonitorCommand;
import io.saya.host.Placement.InheritedConnection;
import io.saya.host.Placement.InheritedFile;
import io.saya.host.Placement.InheritedTap;
import io.saya.json.Json;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Gives QEMU what it may not open itself while it runs: the guard opens it and passes it by a
 * monitor of its own, on which it also has QEMU take it into use. Thread safe.
 */
final class Handover {
    private final Host host;
    private final Path monitor;
    private final long pid;

    /**
     * @param monitor the socket of QEMU's second monitor
     * @param pid QEMU's process: taps are made in its network namespace
     */
    Handover(Host host, Path monitor, long pid) {
        this.host = host;
        this.monitor = monitor;
        this.pid = pid;
    }

    /**
     * Hands descriptors over and has QEMU carry out a command with them.
     *
     * @throws Refused if QEMU refuses the command; it keeps no descriptor then
     * @throws IOException if one cannot be opened, or QEMU does not answer: it is not known what it
     *     has done
     */
    void command(
            List<InheritedFile> files,
            List<InheritedConnection> connections,
            List<InheritedTap> taps,
            JsonObject command)
            throws Refused, IOException {
        String answer =
                host.command(
                        new MonitorCommand(
                                monitor,
                                Path.of("/proc/" + pid + "/ns/net"),
                                files,
                                connections,
                                taps,
                                command.toString()));
        String name = command.string("execute").orElse("");
        try {
            JsonObject error = Json.parseObject(answer).object("error").orElse(null);
            if (error != null) {
                throw new Refused(name + " refused: " + error.string("desc").orElse(answer));
            }
        } catch (JsonException e) {
            throw new IOException("QEMU's answer to " + name + ": " + e.getMessage(), e);
        }
    }

    /** QEMU understood and refused. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message);
        }
    }
}
