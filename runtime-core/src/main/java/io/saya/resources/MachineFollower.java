package io.saya.resources;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.agent.Agent;
import io.saya.agent.GuestResources;
import io.saya.failure.RuntimeFailure;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.Vm;
import io.saya.json.JsonObject;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes the running machine as large as its containers may use, up and down, but never smaller than
 * at its start: most machines, whose containers were known then, are never changed. A static
 * machine is not changed at all.
 *
 * <p>One thread at a time changes the machine, and only while there is something to change; who
 * comes meanwhile is served by its next round. What cannot be had is a warning: the container runs
 * within what there is, and its limits hold. Thread safe.
 */
public final class MachineFollower {
    private static final Log LOG = Log.of("resources");

    /**
     * How long a container that is created waits for the machine to grow: as long as a busy
     * emulated guest needs for 16 GiB.
     */
    private static final Duration GROW_LIMIT = Duration.ofSeconds(15);

    /** How often the guest's progress is looked at. */
    private static final Duration LOOK = Duration.ofMillis(50);

    private final SizingRule rule;
    private final MachineSize boot;
    private final Vm vm;
    private final Supplier<Agent> agent;
    private final VcpuPinning pinning;

    // The lock is held for memory operations only.
    @GuardedBy("this")
    private final Map<String, Demand> demands = new LinkedHashMap<>();

    @GuardedBy("this")
    private List<CompletableFuture<Void>> waiting = new ArrayList<>();

    @GuardedBy("this")
    private boolean working;

    /** Of containers that are there, the virtual CPUs that they are bound to. */
    @GuardedBy("this")
    private final Map<String, CpuSet> bound = new LinkedHashMap<>();

    @GuardedBy("this")
    private List<String> lastClipped = List.of();

    /** Run when a change of the machine has ended. */
    private volatile Runnable whenChanged = () -> {};

    /** Written by the working thread alone. */
    private volatile MachineSize reached;

    /**
     * A follower for a machine that has just been started.
     *
     * @param agent throws where there is none
     * @param pinning of its virtual CPUs
     */
    public MachineFollower(
            SizingRule rule, MachineSize boot, Vm vm, Supplier<Agent> agent, VcpuPinning pinning) {
        this.pinning = pinning;
        this.rule = rule;
        this.boot = boot;
        this.vm = vm;
        this.agent = agent;
        this.reached = boot;
    }

    /** The size that the machine was given last. */
    public MachineSize size() {
        return reached;
    }

    /**
     * Adds a container that is about to be made. Waits until the machine has grown as far as it
     * will, or for {@link #GROW_LIMIT}; not at all if it has to change nothing.
     */
    public void admit(String container, Demand demand) {
        CompletableFuture<Void> served;
        synchronized (this) {
            demands.put(container, demand);
            served = follow();
        }
        await(served);
    }

    /** What its containers may use and it does not have, a sentence for each ceiling. */
    public synchronized List<String> clipped() {
        return lastClipped;
    }

    /** The limits of memory of the containers that there are, in sum, in bytes. */
    public synchronized long demandedBytes() {
        long bytes = 0;
        for (Demand demand : demands.values()) {
            bytes += demand.memoryBytes();
        }
        return bytes;
    }

    /**
     * Notes that a container's limits are about to be changed. Waits like {@link #admit}.
     *
     * @param resources OCI's {@code linux.resources}, of which what is absent stays
     * @return to be run if they are not changed in the end; does not wait
     */
    public Runnable change(String container, JsonObject resources) {
        CompletableFuture<Void> served;
        Demand before;
        Demand changed;
        synchronized (this) {
            before = demands.get(container);
            if (before == null) {
                return () -> {};
            }
            changed = before.updated(resources);
            demands.put(container, changed);
            served = follow();
        }
        await(served);
        return () -> takeBack(container, changed, before);
    }

    /** Unless somebody else has changed them meanwhile. */
    private synchronized void takeBack(String container, Demand changed, Demand before) {
        if (demands.replace(container, changed, before)) {
            var _ = follow();
        }
    }

    /**
     * Describes what it follows, for another daemon; null while it changes the machine. Never
     * blocks.
     */
    public synchronized @Nullable JsonObject held() {
        if (working) {
            return null;
        }
        JsonObject.Builder wanted = JsonObject.builder();
        demands.forEach(
                (id, demand) ->
                        wanted.put(
                                id,
                                JsonObject.builder()
                                        .put("memory", demand.memoryBytes())
                                        .put("micro_cpus", demand.microCpus())
                                        .put("shares", demand.shares())
                                        .put("cpus", demand.cpus().toString())
                                        .put("period", demand.period())
                                        .build()));
        JsonObject.Builder binding = JsonObject.builder();
        bound.forEach((id, cpus) -> binding.put(id, cpus.toString()));
        return JsonObject.builder()
                .put("boot", json(boot))
                .put("reached", json(reached))
                .put("demands", wanted.build())
                .put("bound", binding.build())
                .build();
    }

    private static JsonObject json(MachineSize size) {
        return JsonObject.builder()
                .put("vcpus", size.vcpus())
                .put("memory_mib", size.memoryMib())
                .build();
    }

    /**
     * Has this run after each change of the machine and of what is demanded of it by itself; it
     * must not wait for another one.
     */
    public void whenChanged(Runnable told) {
        whenChanged = told;
    }

    /** Goes on where another daemon was, as {@link #held} told there. */
    public static MachineFollower goingOn(
            SizingRule rule, JsonObject held, Vm vm, Supplier<Agent> agent, VcpuPinning pinning) {
        MachineFollower follower =
                new MachineFollower(rule, size(held, "boot"), vm, agent, pinning);
        follower.reached = size(held, "reached");
        follower.remember(held);
        return follower;
    }

    private synchronized void remember(JsonObject held) {
        held.object("demands")
                .orElse(JsonObject.EMPTY)
                .members()
                .forEach(
                        (id, value) -> {
                            if (value instanceof JsonObject wanted) {
                                demands.put(
                                        id,
                                        new Demand(
                                                wanted.integer("memory").orElse(0),
                                                wanted.integer("micro_cpus").orElse(0),
                                                wanted.integer("shares").orElse(0),
                                                CpuSet.parse(wanted.string("cpus").orElse("")),
                                                wanted.integer("period")
                                                        .orElse(Demand.UNLIMITED.period())));
                            }
                        });
        JsonObject binding = held.object("bound").orElse(JsonObject.EMPTY);
        for (String id : binding.members().keySet()) {
            bound.put(id, CpuSet.parse(binding.string(id).orElse("")));
        }
    }

    private static MachineSize size(JsonObject held, String name) {
        JsonObject size = held.object(name).orElse(JsonObject.EMPTY);
        return new MachineSize(
                (int) size.integer("vcpus").orElse(0), (int) size.integer("memory_mib").orElse(0));
    }

    /**
     * Returns the virtual CPUs that stand for those of the host that a container is bound to, by
     * what the machine has now; none if it is not bound.
     */
    public synchronized CpuSet guestCpus(String container) {
        return cpus().guests().getOrDefault(container, CpuSet.NONE);
    }

    /**
     * Notes that a container has been made, or its limits have been changed, with these virtual
     * CPUs. It is told of others if they have changed meanwhile or when they do. Does not wait.
     */
    public synchronized void bound(String container, CpuSet cpus) {
        if (demands.containsKey(container) && cpus.count() > 0) {
            bound.put(container, cpus);
            var _ = follow();
        }
    }

    @GuardedBy("this")
    private Map<String, CpuSet> sets() {
        Map<String, CpuSet> sets = new LinkedHashMap<>();
        for (Map.Entry<String, Demand> entry : demands.entrySet()) {
            if (entry.getValue().cpus().count() > 0) {
                sets.put(entry.getKey(), entry.getValue().cpus());
            }
        }
        return sets;
    }

    @GuardedBy("this")
    private GuestCpus cpus() {
        return GuestCpus.of(sets(), vm.vcpus());
    }

    private synchronized List<Integer> toBePinned() {
        CpuSet named = CpuSet.NONE;
        for (CpuSet set : sets().values()) {
            named = named.union(set);
        }
        return pinning.wanted(cpus(), named, vm.vcpus());
    }

    /** Returns the containers that are bound to other virtual CPUs than they should be to. */
    private synchronized Map<String, CpuSet> misplaced() {
        if (bound.isEmpty()) {
            return Map.of();
        }
        Map<String, CpuSet> misplaced = new LinkedHashMap<>();
        for (Map.Entry<String, CpuSet> entry : cpus().guests().entrySet()) {
            CpuSet now = bound.getOrDefault(entry.getKey(), entry.getValue());
            if (!entry.getValue().equals(now)) {
                misplaced.put(entry.getKey(), entry.getValue());
            }
        }
        return misplaced;
    }

    /** Forgets a container that has ended. Does not wait. */
    public void dismiss(String container) {
        synchronized (this) {
            bound.remove(container);
            if (demands.remove(container) == null) {
                return;
            }
            var _ = follow();
            if (working) {
                return; // and tells when it is done
            }
        }
        whenChanged.run();
    }

    /**
     * Tries once more what could only not be had at the time; to be called every few seconds. Does
     * not wait.
     */
    public synchronized void look() {
        if (!working && vm.moreVcpusLater()) {
            var _ = follow();
        }
    }

    @GuardedBy("this")
    private CompletableFuture<Void> follow() {
        if (!working
                && (rule.fixed() || target().equals(reached))
                && misplaced().isEmpty()
                && !pinning.due(toBePinned())) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> served = new CompletableFuture<>();
        waiting.add(served);
        if (!working) {
            working = true;
            Thread.ofVirtual().name("resources").start(this::work);
        }
        return served;
    }

    private synchronized MachineSize target() {
        if (demands.isEmpty()) {
            return boot;
        }
        Sizing sizing = rule.size(List.copyOf(demands.values()));
        if (!sizing.clipped().equals(lastClipped)) {
            lastClipped = sizing.clipped();
            lastClipped.forEach(why -> LOG.warn("less than was asked for", "why", why));
        }
        return new MachineSize(
                Math.max(boot.vcpus(), sizing.size().vcpus()),
                Math.max(boot.memoryMib(), sizing.size().memoryMib()));
    }

    private void work() {
        while (true) {
            List<CompletableFuture<Void>> served;
            synchronized (this) {
                if (waiting.isEmpty()) {
                    working = false;
                    break;
                }
                served = waiting;
                waiting = new ArrayList<>();
            }
            try {
                carryOut(target());
            } catch (RuntimeException | Error e) {
                LOG.error("the machine does not follow its containers", "error", e);
            } finally {
                served.forEach(each -> each.complete(null));
            }
        }
        whenChanged.run();
    }

    private void carryOut(MachineSize target) {
        try {
            if (!rule.fixed()) {
                change(target);
            }
            rebind();
            pinning.apply(vm, toBePinned());
        } catch (HypervisorFailure | RuntimeException | Error e) {
            LOG.warn("the machine does not follow its containers", "error", e);
        } finally {
            reached =
                    vm.moreVcpusLater() ? new MachineSize(vm.vcpus(), target.memoryMib()) : target;
        }
    }

    private void rebind() {
        for (Map.Entry<String, CpuSet> entry : misplaced().entrySet()) {
            LOG.info(
                    "a container moves to other virtual CPUs",
                    "container",
                    entry.getKey(),
                    "vcpus",
                    entry.getValue());
            synchronized (this) {
                bound.replace(entry.getKey(), entry.getValue());
            }
            bind(entry.getKey(), entry.getValue());
        }
    }

    private void bind(String container, CpuSet cpus) {
        try {
            agent.get()
                    .update(container, GuestResources.ofCpus(cpus.toString()), GuestResources.NONE);
        } catch (RuntimeFailure e) {
            LOG.warn(
                    "a container is not bound as it should be", "container", container, "error", e);
        }
    }

    /**
     * Changes the machine; it grows first and shrinks last, so that no container has less than it
     * may use meanwhile.
     */
    private void change(MachineSize target) throws HypervisorFailure {
        boolean moreMemory = target.memoryMib() > reached.memoryMib();
        int before = vm.vcpus();
        boolean moreCpus = target.vcpus() > before;
        if (!vm.moreVcpusLater()) {
            LOG.info(
                    "the machine follows its containers",
                    "vcpus",
                    target.vcpus(),
                    "memory_mib",
                    target.memoryMib());
        }
        int offered = vm.requestMemory(target.memoryMib());
        if (moreCpus) {
            int vcpus = vm.setVcpus(target.vcpus());
            moreCpus = vcpus > before;
            if (vcpus < target.vcpus() && !vm.moreVcpusLater()) {
                LOG.warn("the machine has no room for more virtual CPUs", "vcpus", vcpus);
            }
        }
        if (moreMemory || moreCpus) {
            int vcpus = vm.vcpus();
            agent.get().useNewHardware(vcpus, moreCpus ? vcpus - before : 0, moreMemory);
        }
        if (moreMemory) {
            awaitTaken(offered);
            growOn(offered, target.memoryMib());
        }
        if (target.vcpus() <= before) {
            var _ = vm.setVcpus(target.vcpus());
        }
    }

    /** Asks for what could not come at once: only by what it has can a guest take more. */
    private void growOn(int reachedMib, int targetMib) throws HypervisorFailure {
        int before = reachedMib;
        while (before < targetMib) {
            int offered = vm.requestMemory(targetMib);
            if (offered <= before) {
                return;
            }
            agent.get().useNewHardware(vm.vcpus(), 0, true);
            awaitTaken(offered);
            before = offered;
        }
    }

    private void awaitTaken(int offered) throws HypervisorFailure {
        long deadline = System.nanoTime() + GROW_LIMIT.toNanos();
        int taken = vm.memoryMib();
        while (taken < offered
                && System.nanoTime() < deadline
                && !Thread.currentThread().isInterrupted()) {
            var _ = Waited.pause(LOOK);
            // A busy guest may not have seen the device yet when it was told of it.
            agent.get().useNewHardware(vm.vcpus(), 0, true);
            taken = vm.memoryMib();
        }
        if (taken < offered) {
            LOG.warn(
                    "the guest has not taken all the memory that it was offered",
                    "offered_mib",
                    offered,
                    "taken_mib",
                    taken,
                    "waited_ms",
                    GROW_LIMIT.toMillis());
        }
    }

    private static void await(CompletableFuture<Void> served) {
        if (Waited.on(served, GROW_LIMIT.plusSeconds(1)) instanceof Waited.TimedOut) {
            LOG.warn("the machine has not followed its containers in time");
        }
    }
}
