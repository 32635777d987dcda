package io.saya.test.task;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.saya.test.Containerd;
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
 * A sandbox whose VMM and agent are {@code test/hostile/vmm.py}: configuration, log and processes.
 */
final class HostileVmm {
    /** The program's name, by which the tests find what is left of a sandbox. */
    static final String NAME = "qemu-system-hostile";

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final double TICKS = 100;

    private final Path directory;
    private final String id;
    private final Path log;

    private HostileVmm(Path directory, String id) {
        this.directory = directory;
        this.id = id;
        this.log = directory.resolve(id + ".log");
    }

    /**
     * Prepares a sandbox.
     *
     * @param directory that of the suite
     * @param what {@code WHERE:HOW} as the program knows it, or empty for a VMM that obeys
     */
    static HostileVmm prepare(Path directory, String id, String what) throws IOException {
        var vmm = new HostileVmm(directory, id);
        var program = directory.resolve(NAME);
        if (!Files.exists(program)) {
            Files.copy(
                    Containerd.product().resolve("../../../test/hostile/vmm.py").normalize(),
                    program,
                    java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
        }
        Files.writeString(
                vmm.configuration(),
                """
                [hypervisor.qemu]
                path = "%s"
                accelerator = "tcg"
                kernel_params = "hostile=%s"
                [agent.kata]
                dial_timeout = 4
                health_check_request_timeout_ms = 4000
                """
                        .formatted(program, what));
        var bundle = Files.createDirectories(directory.resolve("bundles").resolve(id));
        Ran.run(SOON, "mkfifo", bundle.resolve("log").toString()).succeeded();
        new ProcessBuilder("cat", bundle.resolve("log").toString())
                .redirectOutput(vmm.log.toFile())
                .start();
        return vmm;
    }

    private Path configuration() {
        return directory.resolve(id + ".toml");
    }

    /** What the shim's environment needs. */
    Map<String, String> environment() {
        return Map.of("SAYA_CONF_FILE", configuration().toString());
    }

    /** What containerd would have in its log of this sandbox. */
    String log() throws IOException {
        return Files.readString(log, UTF_8);
    }

    /** The VMM's processes. */
    List<Long> machines() {
        return Host.processes("python3", id);
    }

    long daemon() {
        return one("/bin/java");
    }

    long guard() {
        return one("saya-guard");
    }

    private long one(String program) {
        return Host.process(program, id);
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
}
