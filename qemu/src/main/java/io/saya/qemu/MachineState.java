package io.saya.qemu;

import io.saya.host.Placement.Access;
import io.saya.host.Placement.InheritedFile;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmDevice;
import io.saya.hypervisor.VmExit;
import io.saya.json.JsonArray;
import io.saya.json.JsonObject;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.qemu.qmp.QmpCommand;
import io.saya.qemu.qmp.QmpConnection;
import io.saya.qemu.qmp.QmpFailure;
import io.saya.qemu.saved.GuestMemory;
import io.saya.qemu.saved.MemoryImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The state of a machine on its way to a file and from there. QEMU moves the devices, by its
 * migration, which leaves shared memory alone ({@code x-ignore-shared}); the memory is copied by
 * itself, without the pages that are zero: QEMU would touch each of them.
 */
final class MachineState {
    private static final Log LOG = Log.of("qemu");

    /** The name of the descriptor by which the devices go. */
    private static final String DESCRIPTOR = "state";

    /**
     * The state of the devices is some 400 KB; on a busy host QEMU may not get a processor for
     * seconds.
     */
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private static final Duration LOOK = Duration.ofMillis(2);

    private final QmpConnection qmp;
    private final Handover handover;
    private final long pid;

    /**
     * @param pid QEMU's process
     */
    MachineState(QmpConnection qmp, Handover handover, long pid) {
        this.qmp = qmp;
        this.handover = handover;
        this.pid = pid;
    }

    /** Saves a machine whose CPUs stand still. */
    void save(Path directory, long limitBytes) throws HypervisorFailure {
        try {
            Path state = directory.resolve(MemoryImage.STATE);
            Files.newByteChannel(
                            state,
                            EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                            PosixFilePermissions.asFileAttribute(
                                    PosixFilePermissions.fromString("rw-------")))
                    .close();
            leaveMemoryAlone();
            migrate("migrate", state, Access.READ_WRITE);
            awaitSaved();
            MemoryImage.save(GuestMemory.of(pid), directory, limitBytes);
        } catch (IOException | QmpFailure | Handover.Refused e) {
            throw new HypervisorFailure("save the machine: " + e.getMessage(), e);
        }
    }

    private void migrate(String command, Path file, Access access)
            throws Handover.Refused, IOException {
        handover.command(
                List.of(new InheritedFile(DESCRIPTOR, file, access)),
                List.of(),
                List.of(),
                JsonObject.builder()
                        .put("execute", command)
                        .put(
                                "arguments",
                                JsonObject.builder().put("uri", "fd:" + DESCRIPTOR).build())
                        .build());
    }

    private void awaitSaved() throws QmpFailure, IOException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        String status = "";
        while (System.nanoTime() - deadline < 0) {
            JsonObject answer = ask("query-migrate");
            status = answer.string("status").orElse("");
            switch (status) {
                case "completed" -> {
                    return;
                }
                case "failed", "cancelled" ->
                        throw new IOException(
                                "QEMU: "
                                        + answer.string("error-desc")
                                                .orElse("migration " + status));
                default -> {
                    if (!Waited.pause(LOOK)) {
                        throw new IOException("interrupted");
                    }
                }
            }
        }
        throw new IOException("QEMU has not saved its devices within " + LIMIT + ": " + status);
    }

    /**
     * Loads a machine into a QEMU that waits for it; its CPUs stand still afterwards.
     *
     * @param memory fills its memory already; the devices are loaded when that is done, since they
     *     look into it
     * @param exited the end of that QEMU, which is how it says that it cannot load
     */
    void load(MemoryImage image, MemoryCopy memory, CompletableFuture<VmExit> exited)
            throws HypervisorFailure {
        long begun = System.nanoTime();
        try {
            leaveMemoryAlone();
            long answered = System.nanoTime();
            memory.await(LIMIT);
            long filled = System.nanoTime();
            migrate("migrate-incoming", image.state(), Access.READ_ONLY);
            awaitLoaded();
            LOG.debug(
                    "machine loaded",
                    "qmp_us",
                    (answered - begun) / 1000,
                    "memory_us",
                    (filled - answered) / 1000,
                    "devices_us",
                    (System.nanoTime() - filled) / 1000);
        } catch (IOException | QmpFailure | Handover.Refused e) {
            throw new HypervisorFailure(
                    (exited.isDone() ? "QEMU does not take it: " : "") + e.getMessage(), e);
        }
    }

    private void awaitLoaded() throws QmpFailure, IOException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (ask("query-status").string("status").orElse("").equals("inmigrate")) {
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("QEMU has not loaded its devices within " + LIMIT);
            }
            if (!Waited.pause(LOOK)) {
                throw new IOException("interrupted");
            }
        }
    }

    private void leaveMemoryAlone() throws QmpFailure {
        JsonObject ignoreShared =
                JsonObject.builder()
                        .put("capability", "x-ignore-shared")
                        .put("state", true)
                        .build();
        qmp.execute(
                new QmpCommand(
                        "migrate-set-capabilities",
                        JsonObject.builder()
                                .put("capabilities", new JsonArray(List.of(ignoreShared)))
                                .build()),
                LIMIT);
    }

    private JsonObject ask(String question) throws QmpFailure, IOException {
        if (qmp.execute(new QmpCommand(question), LIMIT) instanceof JsonObject answer) {
            return answer;
        }
        throw new IOException("QEMU's answer to " + question + " is no object");
    }

    /** Plugs the share into a machine that was loaded. */
    void plug(VmDevice.VirtioFs share) throws HypervisorFailure {
        PluggedShare.plug(qmp, handover, share);
    }
}
