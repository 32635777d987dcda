package io.saya.test.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.test.Host;
import io.saya.test.Ran;
import io.saya.test.VsockDaemons;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * Everything that can die, at every moment, while another sandbox looks on. Afterwards the task is
 * stopped within the bound, Kill and Delete succeed, and nothing is left.
 */
@WithProduct
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class FaultMatrixTest {
    private static final Duration GONE = Duration.ofSeconds(10);
    private static final String PREFIX = "fm" + ProcessHandle.current().pid() + "x";
    private static final String BYSTANDER = PREFIX + "bystander";

    private final List<Cell.Result> results = new ArrayList<>();
    private final Node node = new Node();
    private int next;
    private List<Long> bystander = List.of();

    @BeforeAll
    void startBystander() {
        node.ctr(node.run(BYSTANDER, "sleep", "100000")).succeeded();
        bystander = Host.processes("qemu-system", BYSTANDER);
    }

    @AfterAll
    void writeTable() {
        node.close();
        var target = Path.of(System.getProperty("saya.results", "target"));
        FaultTable.write(target, results);
        System.out.println(FaultTable.markdown(results));
    }

    @TestFactory
    Stream<DynamicTest> matrix() {
        return Selection.cells()
                .map(cell -> DynamicTest.dynamicTest(cell.toString(), () -> run(cell)));
    }

    private void run(Cell cell) {
        var victim = new Victim(node, PREFIX + next++ + "v");
        if (cell.fault().byVsockDaemon()) {
            var daemon = VsockDaemons.find();
            assumeTrue(daemon.isPresent(), VsockDaemons.ABSENT);
            node.reachByVsock(victim.id(), daemon.get());
        }
        cell.fault().restarts().ifPresent(allowed -> node.restarts(victim.id(), allowed));
        double seconds = -1;
        var failure = "unexpected";
        try {
            cell.phase().reach(victim);
            cell.fault().strike(victim);
            long struck = System.nanoTime();
            victim.release();
            awaitEnd(cell, victim);
            seconds = (System.nanoTime() - struck) / 1e9;
            killAndDelete(victim);
            nothingIsLeft(cell, victim);
            exitIsSensible(cell, victim);
            bystanderNoticedNothing();
            failure = "";
        } catch (AssertionError e) {
            failure = String.valueOf(e.getMessage());
            throw e;
        } finally {
            results.add(new Cell.Result(cell, seconds, failure));
            cleanUp(victim);
        }
    }

    /** The task is stopped or gone, and whoever called meanwhile has an answer. */
    private void awaitEnd(Cell cell, Victim victim) {
        var bound = cell.fault().bound(cell.phase());
        if (cell.fault().survived(cell.phase())) {
            assertThat(Wait.until(bound, () -> !node.state(victim.id()).equals("?"))).isTrue();
            if (cell.fault() == Fault.DAEMON_FOLLOWED) {
                goesOn(victim);
            }
            if (cell.phase() == Phase.IDLE || cell.phase() == Phase.EXEC) {
                assertThat(node.state(victim.id())).isEqualTo("RUNNING");
            }
            return;
        }
        assertThat(Wait.until(bound, () -> victim.call().isDone() && ended(victim)))
                .as(
                        "%s: %s after %s, the client's call %s%s",
                        cell, node.state(victim.id()), bound, victim.call(), node.log())
                .isTrue();
    }

    /** Another daemon carries calls out, in the same machine. */
    private void goesOn(Victim victim) {
        var machine = Host.processes("qemu-system", victim.id());
        var ran = node.ctr("tasks", "exec", "--exec-id", "after", victim.id(), "echo", "here");
        assertThat(ran.out()).as("%s%s", ran.err(), node.log()).isEqualTo("here\n");
        assertThat(Host.processes("qemu-system", victim.id())).hasSize(1).isEqualTo(machine);
        assertThat(victim.processes("/lib/runtime/bin/java")).hasSize(1);
    }

    private boolean ended(Victim victim) {
        var state = node.state(victim.id());
        return state.equals("STOPPED") || state.isEmpty();
    }

    private void killAndDelete(Victim victim) {
        // A containerd that comes back in the moment in which a shim ends is told that it is
        // unavailable, and clients try again.
        assertThat(Wait.until(GONE, () -> succeeded(kill(victim))))
                .as("kill of %s: %s%s", victim.id(), kill(victim), node.log())
                .isTrue();
        assertThat(Wait.until(GONE, () -> ended(victim)))
                .as("%s after kill: %s%s", victim.id(), node.state(victim.id()), node.log())
                .isTrue();
        for (var id : victim.containers()) {
            var delete = node.ctr("tasks", "delete", id);
            assertThat(node.state(id)).as("%s%s", delete, node.log()).isEmpty();
            var record = node.ctr("containers", "delete", id);
            assertThat(succeeded(record)).as("container: %s%s", record, node.log()).isTrue();
        }
    }

    private Ran kill(Victim victim) {
        return node.ctr("tasks", "kill", "--signal", "SIGKILL", victim.id());
    }

    private static boolean succeeded(Ran ran) {
        return ran.status() == 0
                || ran.err().contains("not found")
                || ran.err().contains("already finished");
    }

    private void nothingIsLeft(Cell cell, Victim victim) {
        var id = victim.id();
        if (cell.fault().leftToTheNextStart(cell.phase())) {
            var other = PREFIX + next++ + "n";
            node.ctr(node.run(other, "sleep", "100000")).succeeded();
            node.ctr("tasks", "delete", "--force", other).succeeded();
            node.ctr("containers", "delete", other).succeeded();
        }
        assertThat(node.tracesAfter(cell.fault().leftBound(), id))
                .as("left of %s%s", id, node.log())
                .isEmpty();
    }

    /**
     * One exit, of a container that was killed (137) or of which nobody knows (255). Of a shim that
     * dies between the exit and Delete's answer containerd publishes the exit once more, as it does
     * for every runtime. What happened while the client that writes events down was away is not
     * known; one that went on running was killed by the test.
     */
    private void exitIsSensible(Cell cell, Victim victim) {
        if (!cell.phase().announced()) {
            return;
        }
        if (cell.fault().survived(cell.phase())) {
            if (cell.phase() == Phase.IDLE || cell.phase() == Phase.EXEC) {
                Wait.until(GONE, () -> !node.exits(victim.id()).isEmpty());
                assertThat(node.exits(victim.id())).as(node.log()).containsExactly(137);
            }
            return;
        }
        Wait.until(GONE, () -> !node.exits(victim.id()).isEmpty());
        assertThat(node.exits(victim.id()))
                .as("exits of %s%s", victim.id(), node.log())
                .hasSizeBetween(1, cell.phase().exitWasPublished() ? 2 : 1);
        assertThat(node.exits(victim.id())).isSubsetOf(137, 255);
    }

    private void bystanderNoticedNothing() {
        var ran = node.ctr("tasks", "exec", "--exec-id", "look" + next, BYSTANDER, "echo", "here");
        assertThat(ran.out()).as(ran.err()).isEqualTo("here\n");
        assertThat(Host.processes("qemu-system", BYSTANDER)).isEqualTo(bystander);
    }

    /** What a failed case has left must not spoil the next. */
    private void cleanUp(Victim victim) {
        victim.release();
        for (var id : victim.containers()) {
            node.ctr("tasks", "delete", "--force", id);
            node.ctr("containers", "delete", id);
        }
        for (var pid : Host.processes("saya-guard", victim.id())) {
            Host.kill(pid);
        }
    }

    /** Which cells are tried: a few by default, all with {@code saya.full}, or those named. */
    private static final class Selection {
        private static final List<Cell> SHORT =
                List.of(
                        new Cell(Fault.QEMU_KILLED, Phase.CREATE_CONTAINER),
                        new Cell(Fault.QEMU_KILLED, Phase.EXEC),
                        new Cell(Fault.QEMU_KILLED, Phase.KILL_GUEST),
                        new Cell(Fault.QEMU_STOPPED, Phase.IDLE),
                        new Cell(Fault.QEMU_STOPPED, Phase.KILL_VM),
                        new Cell(Fault.VIRTIOFSD_KILLED, Phase.EXEC),
                        new Cell(Fault.VSOCK_DAEMON_KILLED, Phase.CREATE_CONNECT),
                        new Cell(Fault.VSOCK_DAEMON_KILLED, Phase.EXEC),
                        new Cell(Fault.TASK_KILLED, Phase.CREATE_CONTAINER),
                        new Cell(Fault.TASK_KILLED, Phase.IDLE),
                        new Cell(Fault.AGENT_KILLED, Phase.EXEC),
                        new Cell(Fault.AGENT_DEAF, Phase.IDLE),
                        new Cell(Fault.GUEST_PANIC, Phase.IDLE),
                        new Cell(Fault.DAEMON_KILLED, Phase.CREATE_CONTAINER),
                        new Cell(Fault.DAEMON_KILLED, Phase.EXEC),
                        new Cell(Fault.DAEMON_KILLED, Phase.DELETE_DISMANTLE),
                        new Cell(Fault.DAEMON_FOLLOWED, Phase.CREATE_CONTAINER),
                        new Cell(Fault.DAEMON_FOLLOWED, Phase.IDLE),
                        new Cell(Fault.DAEMON_FOLLOWED, Phase.EXEC),
                        new Cell(Fault.DAEMON_FOLLOWED, Phase.DELETE_DISMANTLE),
                        new Cell(Fault.GUARD_KILLED, Phase.IDLE),
                        new Cell(Fault.CONTAINERD_KILLED, Phase.EXEC),
                        new Cell(Fault.CONTAINERD_KILLED, Phase.SHUTDOWN_END));

        private Selection() {}

        static Stream<Cell> cells() {
            var named = System.getProperty("saya.cells", "");
            if (!named.isEmpty()) {
                return all().filter(cell -> matches(cell, named));
            }
            return "1".equals(System.getProperty("saya.full")) ? all() : SHORT.stream();
        }

        private static Stream<Cell> all() {
            return Arrays.stream(Phase.values())
                    .flatMap(
                            phase ->
                                    Arrays.stream(Fault.values())
                                            .filter(fault -> fault.possible(phase))
                                            .map(fault -> new Cell(fault, phase)));
        }

        private static boolean matches(Cell cell, String named) {
            return (cell.fault() + "@" + cell.phase()).matches(named);
        }
    }
}
