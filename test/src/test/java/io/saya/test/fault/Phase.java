package io.saya.test.fault;

import io.saya.test.Wait;
import java.time.Duration;
import java.util.Locale;

/**
 * When it happens: a moment of io.saya.failpoint.Moment at which the daemon is held, or a state of
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
    DELETE_DISMANTLE,
    DELETE_FORGET,
    SHUTDOWN_END,
    SHUTDOWN_FLUSH;

    private static final Duration EXEC_LIMIT = Duration.ofSeconds(60);

    String title() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether there is a VM. */
    boolean vm() {
        return compareTo(START_READY) >= 0 && compareTo(KILL_GUEST) <= 0;
    }

    /** Whether the agent has been spoken to, so that its health is watched. */
    boolean agentAnswered() {
        return compareTo(CREATE_SANDBOX) >= 0;
    }

    /** Whether a container is there that clients have been told of. */
    boolean announced() {
        return compareTo(START_ATTACH) >= 0;
    }

    /** Whether containerd has been told of the exit, and has not got an answer to Delete. */
    boolean exitWasPublished() {
        return this == DELETE_DISMANTLE || this == DELETE_FORGET;
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
                victim.pauseAt(title());
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
            case KILL_GUEST -> {
                victim.started();
                victim.pauseAt(title());
                victim.calling("tasks", "kill", "--signal", "SIGKILL", id);
                victim.awaitPause();
            }
            case DELETE_DISMANTLE, DELETE_FORGET, SHUTDOWN_END, SHUTDOWN_FLUSH -> {
                victim.started();
                victim.killed();
                victim.pauseAt(title());
                victim.calling("tasks", "delete", id);
                victim.awaitPause();
            }
        }
    }
}
