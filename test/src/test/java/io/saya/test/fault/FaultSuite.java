package io.saya.test.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Host;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.TestInstance;

/** A containerd for each class, and after each test the check that nothing is left. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class FaultSuite {
    /** True if all rounds are to be run. */
    static final boolean FULL = "1".equals(System.getProperty("saya.full"));

    private static int next;

    final Node node = new Node();
    private final List<Victim> victims = new ArrayList<>();

    /** A container that does not exist yet, with a name of its own. */
    final Victim victim() {
        var victim = new Victim(node, "fs" + ProcessHandle.current().pid() + "x" + next++ + "c");
        victims.add(victim);
        return victim;
    }

    @AfterEach
    void nothingIsLeft() {
        for (var victim : victims) {
            victim.release();
            for (var id : victim.containers()) {
                node.ctr("tasks", "delete", "--force", id);
                node.ctr("containers", "delete", id);
            }
        }
        var ids = victims.stream().map(Victim::id).toList();
        victims.clear();
        for (var id : ids) {
            assertThat(node.tracesAfterAWhile(id)).as("left of %s%s", id, node.log()).isEmpty();
        }
    }

    @AfterAll
    void stopNode() {
        node.close();
    }

    /** Calls the container's shim past containerd. */
    final ShimClient shim(Victim victim) {
        var socket = Host.writtenSocket(node.bundle(victim.id()));
        // Else nobody would see it among what is left.
        assertThat(socket).isEqualTo(node.shimSocket(victim.id()));
        return new ShimClient(socket);
    }
}
