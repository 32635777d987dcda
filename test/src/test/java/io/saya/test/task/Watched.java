package io.saya.test.task;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saya.test.Host;
import io.saya.test.Ran;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What the host sees of a sandbox that attacks it: its processes, what these use, and its log.
 *
 * @param vmm a part of the VMM's command
 * @param log what containerd would have in its log of this sandbox
 * @param environment what the shim's environment needs
 */
record Watched(String id, String vmm, Path log, Map<String, String> environment) {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final double TICKS = 100;

    /** Prepares the bundle of a sandbox whose configuration is in a file, and reads its log. */
    static Watched prepare(Path directory, String id, String vmm, Path configuration)
            throws IOException {
        var bundle = Files.createDirectories(directory.resolve("bundles").resolve(id));
        var fifo = bundle.resolve("log").toString();
        var log = directory.resolve(id + ".log");
        Ran.run(SOON, "mkfifo", fifo).succeeded();
        new ProcessBuilder("cat", fifo).redirectOutput(log.toFile()).start();
        return new Watched(id, vmm, log, Map.of("SAYA_CONF_FILE", configuration.toString()));
    }

    /** All that was logged so far. */
    String logged() throws IOException {
        return Files.readString(log, UTF_8);
    }

    /** The VMM's processes. */
    List<Long> machines() {
        return Host.processes(vmm, id);
    }

    long daemon() {
        return Host.process("/bin/java", id);
    }

    long guard() {
        return Host.process("saya-guard", id);
    }

    /** Processor time that a process has used, in seconds. */
    static double seconds(long pid) {
        try {
            var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Memory that a process does not share with others, in MiB. */
    static long privateMib(long pid) {
        try {
            for (var line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
                if (line.startsWith("RssAnon:")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new AssertionError("no RssAnon of process " + pid);
    }

    static boolean alive(long pid) {
        return Files.exists(Path.of("/proc/" + pid), LinkOption.NOFOLLOW_LINKS);
    }

    /** What of a text could steer a terminal or break a line of a log apart. */
    static String steering(String text) {
        var found = new StringBuilder();
        text.codePoints()
                .filter(
                        c ->
                                (Character.isISOControl(c) && c != '\n' && c != '\t')
                                        || Character.getType(c) == Character.LINE_SEPARATOR)
                .limit(10)
                .forEach(c -> found.append(Integer.toHexString(c)).append(' '));
        return found.toString();
    }
}
