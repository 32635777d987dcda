package io.saya.guest;

import io.saya.agent.Agent;
import io.saya.cgroup.PodMemory;
import io.saya.failure.RuntimeFailure;
import io.saya.log.Log;
import io.saya.resources.PageCacheRule;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Has the guest give up page cache when its pod is short of memory on the host; free page reporting
 * gives the host what becomes free by that. Thread safe; a look reads two or three small files, and
 * nothing here waits for the guest but a thread of its own.
 */
final class PageCacheFollower {
    private static final Log LOG = Log.of("resources");

    private final Supplier<PodMemory> pod;
    private final BooleanSupplier outgrows;
    private final PageCacheRule rule = new PageCacheRule();
    private final AtomicBoolean busy = new AtomicBoolean();

    /**
     * @param pod reads the memory of the pod's cgroup
     * @param outgrows see {@link PageCacheRule#ask}
     */
    PageCacheFollower(Supplier<PodMemory> pod, BooleanSupplier outgrows) {
        this.pod = pod;
        this.outgrows = outgrows;
    }

    /**
     * Looks at the pod; to be called every few seconds.
     *
     * @return whether the guest is asked now
     */
    boolean look(Agent agent) {
        if (!busy.compareAndSet(false, true)) {
            return false;
        }
        boolean asks = false;
        try {
            PodMemory memory = pod.get();
            long asked = rule.ask(memory, outgrows.getAsBoolean(), System.nanoTime()).orElse(0);
            if (asked > 0) {
                Thread.ofVirtual().name("page cache").start(() -> reclaim(agent, memory, asked));
                asks = true;
            }
        } finally {
            if (!asks) {
                busy.set(false); // also where the pod could not be read: the next look tries again
            }
        }
        return asks;
    }

    private void reclaim(Agent agent, PodMemory memory, long asked) {
        long given = 0;
        try {
            given = agent.reclaim(asked);
            LOG.info(
                    "the pod is short of memory: its guest gave up page cache",
                    "held_mib",
                    memory.heldBytes() >> 20,
                    "asked_mib",
                    asked >> 20,
                    "given_mib",
                    given >> 20);
        } catch (RuntimeFailure e) {
            LOG.debug("the guest gave up no page cache", "error", e);
        } finally {
            rule.gaveUp(asked, given, System.nanoTime());
            busy.set(false);
        }
    }
}
