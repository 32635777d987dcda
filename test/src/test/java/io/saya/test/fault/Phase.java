package io.saya.test.fault;

import io.saya.test.Host;
import io.saya.test.Wait;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * The moment of a fault: one of io.saya.failpoint.Moment at which the daemon is held, or a state of
 * rest.
 */
enum Phase {
    START_SPAWN,
    START_READY,
    CREATE_CONNECT,
    CREATE_SANDBOX,
    CREATE_CONTAINER,
    CREATE_ANNOUNCE,
    START_ATTACH,
    IDLE,
    EXEC,
    KILL_GUEST,
    /**
     * The guest has had its chance and QEMU is about to be killed. Its agent is deaf: one that
     * answers switches the guest off before.
     */
    KILL_VM,
    DELETE_DISMANTLE,
    DELETE_FORGET,
    /** A pod's container is deleted while its VM runs; elsewhere the VM has gone before. */
    DELETE_MEMBER("delete-dismantle"),
    SHUTDOWN_END,
    SHUTDOWN_FLUSH,
    /** The shim is told to end by SIGTERM while its VM runs. */
    SHUTDOWN_SIGNAL("shutdown-end");

    private static final Set<Phase> WITHOUT_VM =
            EnumSet.of(START_SPAWN, DELETE_DISMANTLE, DELETE_FORGET, SHUTDOWN_END, SHUTDOWN_FLUSH);

    private static final Duration EXEC_LIMIT = Duration.ofSeconds(60);

    private final String failpoint;

    Phase() {
        failpoint = name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    Phase(String failpoint) {
        this.failpoint = failpoint;
    }

    String title() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** True if there is a VM. */
    boolean vm() {
        return !WITHOUT_VM.contains(this);
    }

    /** True if the agent has been spoken to, so that its health is watched. */
    boolean agentAnswered() {
        return compareTo(CREATE_SANDBOX) >= 0;
    }

    /** True if a container is there that clients have been told of. */
    boolean announced() {
        return compareTo(START_ATTACH) >= 0;
    }

    /** True if containerd has been told of the exit, and has not got an answer to Delete. */
    boolean exitWasPublished() {
        return this == DELETE_DISMANTLE || this == DELETE_FORGET || this == SHUTDOWN_SIGNAL;
    }

    /** Brings the container there. */
    void reach(Victim victim) {
        var node = victim.node();
        var id = victim.id();
        switch (this) {
            case START_SPAWN,
                    START_READY,
                    CREATE_CONNECT,
                    CREATE_SANDBOX,
                    CREATE_CONTAINER,
                    CREATE_ANNOUNCE,
                    START_ATTACH -> {
                victim.pauseAt(failpoint);
                victim.calling(node.run(id, "sleep", "100000"));
                victim.awaitPause();
            }
            case IDLE -> victim.started();
            case EXEC -> {
                victim.started();
                victim.calling(
                        "tasks",
                        "exec",
                        "--exec-id",
                        "e",
                        id,
                        "sh",
                        "-c",
                        "while :; do date; done");
                var started = "/tasks/exec-started {\"container_id\":\"" + id;
                if (!Wait.until(EXEC_LIMIT, () -> node.events().contains(started))) {
                    throw new AssertionError("the exec does not start" + node.log());
                }
            }
            case KILL_GUEST, KILL_VM -> {
                victim.started();
                if (this == KILL_VM) {
                    Fault.AGENT_DEAF.strike(victim);
                }
                victim.pauseAt(failpoint);
                victim.calling("tasks", "kill", "--signal", "SIGKILL", id);
                victim.awaitPause();
            }
            case DELETE_DISMANTLE, DELETE_FORGET, SHUTDOWN_END, SHUTDOWN_FLUSH -> {
                victim.started();
                victim.killed();
                victim.pauseAt(failpoint);
                victim.calling("tasks", "delete", id);
                victim.awaitPause();
            }
            case DELETE_MEMBER -> {
                var member = victim.startedPod();
                node.ctr("tasks", "kill", "--signal", "SIGKILL", member).succeeded();
                if (!Wait.until(EXEC_LIMIT, () -> node.state(member).equals("STOPPED"))) {
                    throw new AssertionError(member + " does not stop" + node.log());
                }
                victim.pauseAt(failpoint);
                victim.calling("tasks", "delete", member);
                victim.awaitPause();
            }
            case SHUTDOWN_SIGNAL -> {
                victim.started();
                victim.pauseAt(failpoint);
                victim.processes("saya-guard").forEach(pid -> Host.signal(pid, "TERM"));
                victim.awaitPause();
            }
        }
    }
}
