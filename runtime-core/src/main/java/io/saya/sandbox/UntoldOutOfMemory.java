package io.saya.sandbox;

import io.saya.agent.Agent;
import io.saya.agent.ContainerUsage.Amount;
import io.saya.container.Container;
import io.saya.container.ContainerProcess;
import io.saya.event.TaskEvent;
import io.saya.failure.RuntimeFailure;
import io.saya.host.Signal;
import io.saya.log.Log;

/**
 * Concludes that a container ran out of memory where its agent may not tell ({@link
 * io.saya.agent.AgentTrait#MAY_MISS_OUT_OF_MEMORY}): its first process was killed by SIGKILL,
 * nobody here has sent that, nobody in the container can, and its memory has met its limit.
 */
final class UntoldOutOfMemory {

    /** What a limit is below; more stands for none (cgroup v1: the largest number of pages). */
    private static final long NO_LIMIT = 1L << 62;

    private static final Log LOG = Log.of("oom");

    private UntoldOutOfMemory() {}

    /**
     * Tells of a container whose first process was killed what its agent has not told. Waits for an
     * answer of the agent, for some seconds at most.
     */
    static void tell(Agent agent, TaskTable tasks, Container container, ContainerProcess process) {
        if (!process.isInit()
                || process.wasSignalled(Signal.SIGKILL)
                // Such agents send SIGKILL in place of a SIGTERM that nobody handles.
                || process.wasSignalled(Signal.SIGTERM)
                || container.outOfMemory().opened().toCompletableFuture().isDone()
                || !metItsLimit(agent, container)) {
            return;
        }
        LOG.warn(
                "a container was killed, and its memory has met its limit: out of memory, though"
                        + " the agent has not said so",
                "container",
                container.id());
        tasks.publish(new TaskEvent.Oom(container.id()));
        container.ranOutOfMemory("its memory has met its limit");
    }

    private static boolean metItsLimit(Agent agent, Container container) {
        try {
            Amount memory = agent.stats(container.id()).memory().usage();
            return memory.failures() > 0 && memory.limit() > 0 && memory.limit() < NO_LIMIT;
        } catch (RuntimeFailure e) {
            LOG.debug("the agent does not tell what a killed container used", "error", e);
            return false;
        }
    }
}
