package io.saya.sandbox;

import io.saya.agent.Agent;
import io.saya.event.TaskEvent;
import io.saya.failure.RuntimeFailure;
import io.saya.log.Log;
import java.util.concurrent.CompletionException;

/**
 * Tells of containers that ran out of memory. The event is published where the agent's answer
 * arrives, before the thread that waits for the exit can see the exit that follows it: that order
 * is what makes an orchestrator say OOMKilled.
 */
final class OutOfMemoryWatch {

    private static final Log LOG = Log.of("oom");

    private final Agent agent;
    private final TaskTable tasks;

    OutOfMemoryWatch(Agent agent, TaskTable tasks) {
        this.agent = agent;
        this.tasks = tasks;
    }

    /** Asks for the next one, and so on until the connection ends. Returns at once. */
    void start() {
        var _ =
                agent.nextOutOfMemory()
                        .whenComplete(
                                (containerId, failure) -> {
                                    if (containerId != null) {
                                        publish(containerId);
                                        start();
                                    } else if (!(cause(failure) instanceof RuntimeFailure known
                                            && known.kind() == RuntimeFailure.Kind.UNAVAILABLE)) {
                                        LOG.warn(
                                                "no more out-of-memory events from the guest",
                                                "error",
                                                cause(failure));
                                    }
                                });
    }

    /** The guest is not trusted to name containers: one that does not exist is not told of. */
    private void publish(String containerId) {
        try {
            tasks.container(containerId);
        } catch (RuntimeFailure e) {
            LOG.warn(
                    "the guest reports an unknown container out of memory",
                    "container",
                    containerId);
            return;
        }
        tasks.publish(new TaskEvent.Oom(containerId));
    }

    private static Throwable cause(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause == null ? failure : cause;
    }
}
