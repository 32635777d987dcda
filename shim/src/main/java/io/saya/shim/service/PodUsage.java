package io.saya.shim.service;

import io.saya.agent.ContainerUsage;
import io.saya.agent.ContainerUsage.Amount;
import io.saya.agent.ContainerUsage.Cpu;
import io.saya.agent.ContainerUsage.CpuTime;
import io.saya.agent.ContainerUsage.Link;
import io.saya.agent.ContainerUsage.Memory;
import io.saya.agent.ContainerUsage.Pids;
import io.saya.failure.RuntimeFailure;
import io.saya.log.Log;
import io.saya.task.TaskStatus;
import io.saya.task.Tasks;
import java.util.List;
import java.util.Map;

/** What the containers of a pod use together; what its machine costs beside them is not in it. */
final class PodUsage {
    private static final Log LOG = Log.of("service");

    private PodUsage() {}

    /** Adds up what can be added; the interfaces are the pod's. */
    static ContainerUsage of(Tasks tasks) {
        ContainerUsage sum = ContainerUsage.NONE;
        for (TaskStatus task : tasks.all()) {
            if (task.execId().isEmpty() && task.phase() == TaskStatus.Phase.RUNNING) {
                try {
                    sum = plus(sum, tasks.stats(task.containerId()));
                } catch (RuntimeFailure e) {
                    LOG.debug("no figures", "container", task.containerId(), "error", e);
                }
            }
        }
        return sum;
    }

    static ContainerUsage plus(ContainerUsage a, ContainerUsage b) {
        CpuTime first = a.cpu().time();
        CpuTime second = b.cpu().time();
        List<Link> links = a.links().isEmpty() ? b.links() : a.links();
        return new ContainerUsage(
                new Cpu(
                        new CpuTime(
                                first.total() + second.total(),
                                first.user() + second.user(),
                                first.kernel() + second.kernel(),
                                List.of()),
                        0,
                        0,
                        0),
                new Memory(
                        plus(a.memory().usage(), b.memory().usage()),
                        plus(a.memory().swap(), b.memory().swap()),
                        plus(a.memory().kernel(), b.memory().kernel()),
                        Map.of()),
                new Pids(a.pids().current() + b.pids().current(), 0),
                Map.of(),
                Map.of(),
                links);
    }

    private static Amount plus(Amount a, Amount b) {
        return new Amount(a.usage() + b.usage(), 0, 0, 0);
    }
}
