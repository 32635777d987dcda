package io.saya.test.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.WithProduct;
import io.saya.test.cri.Scraped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** What a sandbox costs when it does nothing, and after it has done much. */
@WithProduct
final class CostTest extends FaultSuite {
    private static final int KILLS = Integer.getInteger("saya.kills", FULL ? 200 : 2);
    private static final int EXECS = Integer.getInteger("saya.execs", FULL ? 10_000 : 120);
    private static final int SIGKILL = 9;
    private static final int SCRAPES = Integer.getInteger("saya.scrapes", FULL ? 10_000 : 200);

    /** What /proc counts processor time in. */
    private static final long TICK_MS = 10;

    @Test
    void whenKillHasReturnedThereIsNoVm() {
        var figures = new Figures("kills");
        int present = 0;
        long longest = 0;
        for (int i = 0; i < KILLS; i++) {
            var victim = victim();
            victim.started();
            var machine = new ArrayList<>(victim.processes("qemu-system"));
            assertThat(machine).hasSize(1);
            machine.addAll(victim.processes("virtiofsd"));
            assertThat(machine).hasSizeGreaterThan(1);
            var kill = shim(victim).call("Kill", victim.id(), SIGKILL, Duration.ofSeconds(20));
            // One that has ended and is not reaped is still there.
            boolean there = machine.stream().anyMatch(pid -> Files.exists(Path.of("/proc/" + pid)));
            assertThat(kill.code()).as(kill.message()).isZero();
            present += there ? 1 : 0;
            longest = Math.max(longest, kill.after().toMillis());
            nothingIsLeft();
            // Each time: a run that is broken off has its figures, too.
            figures.put("kills of a sandbox", i + 1);
            figures.put("VM still present when kill had returned", present);
            figures.put("longest kill, ms", longest);
            figures.write();
        }
        assertThat(present).isZero();
    }

    @Test
    void aSandboxThatDoesNothingUsesNoProcessor() throws Exception {
        var victim = victim();
        victim.started();
        var daemon = victim.processes("/lib/runtime/bin/java").getFirst();
        var guard = victim.processes("saya-guard").getFirst();
        // The first seconds belong to the start: classes, compiler, the first health checks.
        Thread.sleep(Duration.ofSeconds(FULL ? 30 : 3));
        long began = ticks(daemon) + ticks(guard);
        var seconds = FULL ? 60 : 5;
        Thread.sleep(Duration.ofSeconds(seconds));
        var figures = new Figures("idle");
        figures.put("seconds", seconds);
        var used = ticks(daemon) + ticks(guard) - began;
        figures.put("processor time of shim and guard, ms", used * TICK_MS);
        figures.write();
        assertThat(used * TICK_MS)
                .as("ms of processor time in %d s: at most a hundredth", seconds)
                .isLessThanOrEqualTo(seconds * 1000 / 100);
    }

    /**
     * A guest that prints without end, in the agent's name, waits for its console: what the host
     * does beside the VM is a small part of what the VM itself uses, and of a processor.
     */
    @Test
    void aFloodedConsoleCostsTheHostLittle() throws Exception {
        var victim = victim();
        victim.started();
        var daemon = victim.processes("/lib/runtime/bin/java").getFirst();
        var guard = victim.processes("saya-guard").getFirst();
        var machine = victim.processes("qemu-system").getFirst();
        Hand.tell(victim.runDirectory(), "flood");
        // What a kernel may say in one go is read as fast as it comes: some seconds.
        Thread.sleep(Duration.ofSeconds(12));
        long began = System.nanoTime();
        long host = ticks(daemon) + ticks(guard);
        long vm = ticks(machine);
        Thread.sleep(Duration.ofSeconds(FULL ? 30 : 10));
        host = (ticks(daemon) + ticks(guard) - host) * TICK_MS;
        vm = (ticks(machine) - vm) * TICK_MS;
        long passed = (System.nanoTime() - began) / 1_000_000;
        var figures = new Figures("flooded console");
        figures.put("ms", passed);
        figures.put("processor time of shim and guard, ms", host);
        figures.put("processor time of QEMU, ms", vm);
        figures.write();
        assertThat(vm).as("a guest that floods is busy").isGreaterThan(passed / 10);
        assertThat(host).as("ms of %d ms: a fiftieth", passed).isLessThanOrEqualTo(passed / 50);
        assertThat(host).as("ms beside %d ms of QEMU's", vm).isLessThanOrEqualTo(vm / 10);
        // It is heard all the same.
        assertThat(node.log()).contains("text=flooded");
    }

    @Test
    void manyExecsLeaveTheShimAsItWas() throws IOException {
        var victim = victim();
        victim.started();
        var daemon = victim.processes("/lib/runtime/bin/java").getFirst();
        var figures = new Figures("execs");
        // What is loaded and compiled once must not count.
        execs(victim, "warm", Math.min(500, EXECS / 2));
        var before = measure(daemon, "before", figures);
        execs(victim, "e", EXECS);
        var after = measure(daemon, "after", figures);
        figures.put("execs", EXECS);
        figures.write();
        assertThat(after.descriptors()).isLessThanOrEqualTo(before.descriptors() + 8);
        assertThat(after.threads()).isLessThanOrEqualTo(before.threads() + 8);
        assertThat(after.privateKib()).isLessThan(before.privateKib() + 8 * 1024);
    }

    @Test
    void manyScrapesLeaveTheShimAsItWas() throws IOException {
        var victim = victim();
        victim.started();
        var daemon = victim.processes("/lib/runtime/bin/java").getFirst();
        var socket = victim.runDirectory().resolve("saya.sock");
        // What serves clients is compiled before: it is no part of a scrape.
        execs(victim, "w", 30);
        var figures = new Figures("scrapes");
        var never = measure(daemon, "never scraped", figures);
        scrape(socket, 100);
        var scraped = measure(daemon, "after 100 scrapes", figures);
        long ticks = ticks(daemon);
        scrape(socket, SCRAPES);
        figures.put("scrapes", SCRAPES);
        figures.put(
                "processor time of a scrape, ms",
                (double) (ticks(daemon) - ticks) * TICK_MS / SCRAPES);
        var after = measure(daemon, "after all scrapes", figures);
        figures.put("growth by the first 100, KiB", scraped.privateKib() - never.privateKib());
        figures.put("growth by all others, KiB", after.privateKib() - scraped.privateKib());
        figures.write();
        assertThat(after.descriptors()).isLessThanOrEqualTo(never.descriptors() + 8);
        assertThat(after.threads()).isLessThanOrEqualTo(never.threads() + 8);
        assertThat(after.privateKib()).isLessThan(scraped.privateKib() + 4 * 1024);
    }

    private static void scrape(Path socket, int count) {
        for (int i = 0; i < count; i++) {
            assertThat(Scraped.of(socket, "").value("saya_scrapes_total")).isNotNegative();
        }
    }

    private void execs(Victim victim, String name, int count) {
        for (int i = 0; i < count; i++) {
            node.ctr("tasks", "exec", "--exec-id", name + i, victim.id(), "true").succeeded();
        }
    }

    private record Measured(long privateKib, int threads, int descriptors) {}

    private static Measured measure(long pid, String when, Figures figures) throws IOException {
        var process = Path.of("/proc/" + pid);
        long privateKib = 0;
        for (var line : Files.readAllLines(process.resolve("smaps_rollup"))) {
            // What is clean is a file's, and private only while no other daemon is there.
            if (line.startsWith("Private_Dirty:")) {
                privateKib += Long.parseLong(line.replaceAll("\\D+", ""));
            }
        }
        var measured =
                new Measured(
                        privateKib,
                        entries(process.resolve("task")),
                        entries(process.resolve("fd")));
        figures.put("private memory " + when + ", KiB", measured.privateKib());
        figures.put("threads " + when, measured.threads());
        figures.put("descriptors " + when, measured.descriptors());
        return measured;
    }

    private static int entries(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            return (int) entries.count();
        }
    }

    private static long ticks(long pid) throws IOException {
        var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }
}
