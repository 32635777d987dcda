package io.saya.qemu;

import io.saya.hypervisor.HypervisorFailure;
import io.saya.json.JsonArray;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import io.saya.json.JsonValue;
import io.saya.qemu.qmp.QmpCommand;
import io.saya.qemu.qmp.QmpConnection;
import io.saya.qemu.qmp.QmpFailure;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Finds the threads that run the virtual CPUs. QEMU tells their ids in its own pid namespace; the
 * kernel tells which of the host's these are (proc(5), {@code NSpid} of {@code status}).
 */
final class CpuThreads {
    private static final Duration COMMAND_DEADLINE = Duration.ofSeconds(5);
    private static final String IDS = "NSpid:";

    private CpuThreads() {}

    /**
     * Returns the host's ids, by the numbers of the virtual CPUs.
     *
     * @param tasks {@code /proc/PID/task} of QEMU
     */
    static List<Long> of(QmpConnection qmp, Path tasks) throws HypervisorFailure {
        try {
            return translated(
                    qmp.execute(new QmpCommand("query-cpus-fast"), COMMAND_DEADLINE), tasks);
        } catch (QmpFailure | JsonException | IOException e) {
            throw new HypervisorFailure(
                    "find the threads of the virtual CPUs: " + e.getMessage(), e);
        }
    }

    /**
     * Translates QEMU's answer.
     *
     * @throws IOException if one of the threads is not there
     */
    static List<Long> translated(JsonValue answer, Path tasks) throws IOException {
        Map<Long, Long> inside = new TreeMap<>();
        if (answer instanceof JsonArray cpus) {
            for (JsonObject cpu : cpus.objects()) {
                inside.put(number(cpu, "cpu-index"), number(cpu, "thread-id"));
            }
        }
        Map<Long, Long> hosts = hosts(tasks);
        List<Long> threads = new ArrayList<>();
        for (Long thread : inside.values()) {
            Long host = hosts.get(thread);
            if (host == null) {
                throw new IOException("QEMU has no thread " + thread + " in " + tasks);
            }
            threads.add(host);
        }
        return threads;
    }

    private static long number(JsonObject cpu, String name) {
        return cpu.number(name)
                .orElseThrow(() -> new JsonException("query-cpus-fast: no " + name))
                .asLong();
    }

    /** The host's ids, by those in QEMU's own namespace. */
    private static Map<Long, Long> hosts(Path tasks) throws IOException {
        Map<Long, Long> hosts = new HashMap<>();
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
            for (Path thread : threads) {
                for (String line : Files.readString(thread.resolve("status")).split("\n", -1)) {
                    if (line.startsWith(IDS)) {
                        hosts.put(
                                Long.valueOf(line.substring(line.lastIndexOf('\t') + 1).strip()),
                                Long.valueOf(thread.getFileName().toString()));
                    }
                }
            }
        }
        return hosts;
    }
}
