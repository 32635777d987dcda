package io.saya.template;

import io.saya.agent.Agent;
import io.saya.agent.AgentConnector;
import io.saya.agent.AgentTrait;
import io.saya.agent.ChannelSigns;
import io.saya.failpoint.Failpoints;
import io.saya.failpoint.Moment;
import io.saya.guest.GuestTime;
import io.saya.host.SpawnSpec;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.TemplateHypervisor;
import io.saya.hypervisor.Vm;
import io.saya.hypervisor.VmSpec;
import io.saya.lifecycle.Trees;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes a template: boots a VM that belongs to nobody, waits until its agent answers and it has
 * come to rest, and saves it. No data of a pod are in it. The VM is a child of this sandbox's guard
 * and ends with it.
 */
public final class TemplateMaker {
    private static final Log LOG = Log.of("template");

    /** Of time that the guest could use; the boot has the lowest priority of all. */
    private static final Duration BOOT_LIMIT = Duration.ofMinutes(2);

    /**
     * How long the guest is left alone: its kernel reports free memory every two seconds, which
     * then is not saved.
     */
    private static final Duration REST = Duration.ofMillis(2500);

    /**
     * The file system must have room for that, and twice that must be free of the host's memory.
     */
    private static final long ROOM_BYTES = TemplateStore.MOST_BYTES;

    private final TemplateHypervisor hypervisor;
    private final AgentConnector connector;
    private final Path directory;
    private volatile @Nullable Vm booting;
    private volatile boolean ended;

    /**
     * A maker for one sandbox.
     *
     * @param directory for the VM's sockets, made and removed here
     */
    public TemplateMaker(TemplateHypervisor hypervisor, AgentConnector connector, Path directory) {
        this.hypervisor = hypervisor;
        this.connector = connector;
        this.directory = directory;
    }

    /**
     * Makes a template for the machine of {@code spec}.
     *
     * @return what became of it, for operators: {@code made}, or why not
     */
    String make(VmSpec spec, String machine, TemplateStore store)
            throws IOException, HypervisorFailure {
        Optional<TemplateStore.Making> begun = store.begin(machine);
        if (begun.isEmpty()) {
            return "left to others, or no room beside those in use";
        }
        long start = System.nanoTime();
        try (TemplateStore.Making making = begun.get()) {
            String obstacle = obstacle(making.directory());
            if (!obstacle.isEmpty()) {
                LOG.warn("no template is made", "because", obstacle);
                return "not made: " + obstacle;
            }
            Files.createDirectories(directory);
            try {
                boot(spec, making);
            } finally {
                Trees.delete(directory);
            }
            making.publish();
        }
        LOG.info("template made", "ms", (System.nanoTime() - start) / 1_000_000);
        return "made";
    }

    private static String obstacle(Path place) throws IOException {
        long room = Files.getFileStore(place).getUsableSpace();
        if (room < ROOM_BYTES) {
            return place
                    + " has room for "
                    + room
                    + " bytes (expected: at least "
                    + ROOM_BYTES
                    + ")";
        }
        long free = availableBytes();
        return free < 2 * ROOM_BYTES
                ? "the host has "
                        + free
                        + " bytes of memory left (expected: "
                        + 2 * ROOM_BYTES
                        + ")"
                : "";
    }

    /** What the kernel thinks it could give out; nothing is known to be in the way of less. */
    private static long availableBytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
            if (line.startsWith("MemAvailable:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        return Long.MAX_VALUE;
    }

    /** Ends the VM that is being made into a template, if there is one; its maker then fails. */
    void end() {
        ended = true;
        Vm vm = booting;
        if (vm != null) {
            vm.stop(Duration.ZERO);
        }
    }

    private void boot(VmSpec spec, TemplateStore.Making making)
            throws IOException, HypervisorFailure {
        Vm vm =
                hypervisor.startTemplate(
                        spec,
                        new VmSpec.Vmm(
                                "template-of-" + spec.vmm().sandboxId(),
                                directory,
                                spec.vmm().binary(),
                                Optional.of(SpawnSpec.NEW_NETWORK_NAMESPACE),
                                spec.vmm().seccompSandbox(),
                                List.of()));
        booting = vm;
        try {
            if (ended) {
                throw new IOException("the sandbox ends");
            }
            try (Agent agent =
                    connector.connect(
                            vm.agent(),
                            ChannelSigns.of(vm.channelClosed()),
                            GuestTime.of(vm.pid()).await(BOOT_LIMIT))) {
                // Also has the agent load the last of its modules.
                if (!agent.details().has(AgentTrait.STARTS_FROM_TEMPLATE)) {
                    throw new IOException("the guest's agent is not the default guest's");
                }
            }
            if (!Waited.pause(REST)) {
                throw new IOException("interrupted");
            }
            Failpoints.reach(Moment.TEMPLATE_SAVE);
            hypervisor.save(vm, making.directory(), TemplateStore.MOST_BYTES);
            Failpoints.reach(Moment.TEMPLATE_PUBLISH);
        } finally {
            vm.stop(Duration.ZERO);
        }
    }
}
