package io.saya.resources;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.saya.agent.Agent;
import io.saya.config.MemoryConfig;
import io.saya.failure.RuntimeFailure;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.Vm;
import io.saya.hypervisor.VmDevice;
import io.saya.json.JsonNumber;
import io.saya.json.JsonObject;
import io.saya.log.Log;
import io.saya.oci.OciSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The swap of a guest: sparse files of the host that it has as disks, another one whenever its
 * containers may swap more than all that there were before. A file loses its name as soon as the
 * VMM has it, so that it ends with the VMM, however that ends. Nothing is taken away while the
 * guest runs: what is swapped in again is discarded, and the file has it no more. What cannot be
 * had is a warning; the container runs within its memory then. Thread safe; {@link #admit} blocks
 * until the guest uses the disk.
 */
public final class GuestSwap {
    private static final Log LOG = Log.of("swap");

    /** How often a machine's swap can grow: each time it takes a place for a disk. */
    public static final int PLACES = 4;

    private static final long MIB = 1 << 20;

    private final Optional<SwapRule> rule;
    private final Path directory;
    private final String sandboxId;
    private final Vm vm;
    private final Supplier<Agent> agent;

    /** Bytes by container. */
    @GuardedBy("this")
    private final Map<String, Long> wanted = new LinkedHashMap<>();

    @GuardedBy("this")
    private long pluggedBytes;

    @GuardedBy("this")
    private int named;

    /**
     * @param config what the configuration says of memory
     * @param agent throws where there is none
     */
    public GuestSwap(MemoryConfig config, String sandboxId, Vm vm, Supplier<Agent> agent) {
        this.rule =
                config.swap().enabled()
                        ? Optional.of(new SwapRule(config.swap().percent(), config.defaultMib()))
                        : Optional.empty();
        this.directory = config.swap().directory();
        this.sandboxId = sandboxId;
        this.vm = vm;
        this.agent = agent;
    }

    /** Returns the limits of a specification, where that counts with its annotations' of swap. */
    public JsonObject limits(OciSpec spec) {
        return rule.isPresent() ? rule.get().applied(spec) : spec.resources();
    }

    /**
     * Adds a container that is about to be made, or whose limits are about to be changed.
     *
     * @param resources OCI's {@code linux.resources}
     */
    public void admit(String container, JsonObject resources) {
        long bytes = rule.isPresent() ? rule.get().bytes(resources) : 0;
        if (bytes <= 0) {
            return;
        }
        long missing;
        int number;
        synchronized (this) {
            wanted.put(container, bytes);
            missing =
                    Math.ceilDiv(
                                    wanted.values().stream().mapToLong(Long::longValue).sum()
                                            - pluggedBytes,
                                    MIB)
                            * MIB;
            if (missing <= 0) {
                return;
            }
            // Before it is there, so that nobody else makes it as well.
            pluggedBytes += missing;
            number = named;
            named = number + 1;
        }
        try {
            plug(number, missing);
            LOG.info("the guest has swap", "container", container, "more_mib", missing / MIB);
        } catch (IOException | HypervisorFailure | RuntimeFailure e) {
            synchronized (this) {
                pluggedBytes -= missing;
            }
            LOG.warn(
                    "the guest has no swap for a container that asks for it (enable_guest_swap)",
                    "container",
                    container,
                    "missing_mib",
                    missing / MIB,
                    "error",
                    e);
        }
    }

    /** Forgets a container that has ended. Never blocks. */
    public synchronized void dismiss(String container) {
        wanted.remove(container);
    }

    private void plug(int number, long bytes) throws IOException, HypervisorFailure {
        Path file = create(directory.resolve(sandboxId + "-" + number + ".swap"));
        VmDevice.Block disk = new VmDevice.Block("swap-" + number, file, false);
        String place;
        try {
            long free = Files.getFileStore(file).getUsableSpace();
            if (free < bytes) {
                throw new IOException(
                        directory
                                + " has room for "
                                + free / MIB
                                + " MiB (expected: guest_swap_path in [hypervisor.qemu] on a disk"
                                + " that has more)");
            }
            SwapArea.make(file, bytes);
            place = vm.plug(disk);
        } finally {
            remove(file);
        }
        try {
            agent.get().addSwap(place);
        } catch (RuntimeFailure e) {
            try {
                vm.unplug(disk);
            } catch (HypervisorFailure suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    /** The directory goes with the last file in it, so it may go while another is made. */
    private Path create(Path file) throws IOException {
        for (int again = 0; ; again++) {
            Files.createDirectories(directory);
            try {
                return Files.createFile(
                        file,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
            } catch (NoSuchFileException e) {
                if (again == 2) {
                    throw e;
                }
            }
        }
    }

    private void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("a file of swap is left behind", "file", file, "error", e);
        }
        try {
            Files.delete(directory);
        } catch (IOException e) {
            // Files of others are in it, somebody was quicker, or it is where a disk is mounted.
            LOG.debug("the directory of swap stays", "directory", directory, "error", e);
        }
    }

    /** Describes it for another daemon. Never blocks. */
    public synchronized JsonObject held() {
        JsonObject.Builder containers = JsonObject.builder();
        wanted.forEach(containers::put);
        return JsonObject.builder()
                .put("plugged_bytes", pluggedBytes)
                .put("named", named)
                .put("wanted", containers.build())
                .build();
    }

    /** Goes on with what another daemon knows of. */
    public synchronized void goOn(JsonObject held) {
        pluggedBytes = held.integer("plugged_bytes").orElse(0);
        named = (int) held.integer("named").orElse(0);
        held.object("wanted")
                .orElse(JsonObject.EMPTY)
                .members()
                .forEach(
                        (id, bytes) -> {
                            if (bytes instanceof JsonNumber number) {
                                wanted.put(id, number.asLong());
                            }
                        });
    }
}
