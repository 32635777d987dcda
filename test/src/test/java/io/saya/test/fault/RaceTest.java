package io.saya.test.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Host;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Kill, Delete, Shutdown, the container's own exit and a crash of QEMU or virtiofsd at once, in
 * random order and timing, on a real VM. The seed is the name of the round.
 */
@WithProduct
@Timeout(120)
final class RaceTest extends FaultSuite {
    private static final int ROUNDS = Integer.getInteger("saya.race.rounds", FULL ? 200 : 6);
    private static final int LATEST_MS = 400;
    private static final Duration END = Duration.ofSeconds(20);

    private int rounds;
    private int leaks;
    private double longest;

    static LongStream seeds() {
        long first = Long.getLong("saya.race.seed", System.nanoTime());
        return LongStream.range(first, first + ROUNDS);
    }

    @AfterAll
    void writeFigures() {
        var figures = new Figures("races");
        figures.put("rounds", rounds);
        figures.put("leaks", leaks);
        figures.put("longest, s", Math.round(longest * 10) / 10.0);
        figures.write();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void allAtOnce(long seed) throws Exception {
        var random = new Random(seed);
        var victim = victim();
        // Every other one ends by itself in the middle of it.
        var program = random.nextBoolean() ? "sleep 100000" : "sleep 0.2; exit 3";
        node.ctr(node.run(victim.id(), "sh", "-c", program)).succeeded();
        var acts = new ArrayList<>(List.of("kill", "kill", "delete", "shutdown", "crash", "term"));
        Collections.shuffle(acts, random);
        var chosen = acts.subList(0, 2 + random.nextInt(4));
        long begin = System.nanoTime();
        var running = new ArrayList<CompletableFuture<Void>>();
        for (var act : chosen) {
            long after = begin + random.nextInt(LATEST_MS) * 1_000_000L;
            boolean qemu = random.nextBoolean();
            running.add(
                    CompletableFuture.runAsync(
                            () -> {
                                LockSupport.parkNanos(after - System.nanoTime());
                                act(act, victim, qemu);
                            },
                            Thread::startVirtualThread));
        }
        // No deadlock: every call has its answer.
        CompletableFuture.allOf(running.toArray(CompletableFuture[]::new))
                .get(END.toSeconds(), TimeUnit.SECONDS);
        node.ctr("tasks", "kill", "--signal", "SIGKILL", victim.id());
        assertThat(Wait.until(END, () -> !node.state(victim.id()).equals("RUNNING")))
                .as("%s: %s%s", chosen, node.state(victim.id()), node.log())
                .isTrue();
        longest = Math.max(longest, (System.nanoTime() - begin) / 1e9);
        node.ctr("tasks", "delete", victim.id());
        assertThat(node.state(victim.id())).as("%s%s", chosen, node.log()).isEmpty();
        Wait.until(END, () -> !node.exits(victim.id()).isEmpty());
        assertThat(node.exits(victim.id())).as("%s%s", chosen, node.log()).hasSize(1);
        rounds++;
        leaks += node.tracesAfterAWhile(victim.id()).isEmpty() ? 0 : 1;
    }

    private void act(String act, Victim victim, boolean qemu) {
        switch (act) {
            case "kill" -> node.ctr("tasks", "kill", "--signal", "SIGKILL", victim.id());
            case "term" -> node.ctr("tasks", "kill", "--signal", "SIGTERM", victim.id());
            case "delete" -> node.ctr("tasks", "delete", victim.id());
            case "crash" ->
                    victim.processes(qemu ? "qemu-system" : "virtiofsd").forEach(Host::kill);
            case "shutdown" -> {
                try {
                    shim(victim).call("Shutdown", victim.id(), 0, END);
                } catch (AssertionError | java.io.UncheckedIOException e) {
                    // The shim may have gone by then, and with it its socket and its bundle.
                    System.out.println("shutdown: " + e.getMessage());
                }
            }
            default -> throw new IllegalArgumentException(act);
        }
    }
}
