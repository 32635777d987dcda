package io.saya.qemu;

import io.saya.host.HostProcess;
import io.saya.host.Placement.Access;
import io.saya.host.Placement.InheritedFile;
import io.saya.hypervisor.HypervisorFailure;
import io.saya.hypervisor.VmSpec.MemoryDump;
import io.saya.json.JsonObject;
import io.saya.lifecycle.Waited;
import io.saya.log.Log;
import io.saya.qemu.qmp.QmpEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * The memory of a guest whose kernel panicked, on its way to a file: {@code
 * DIRECTORY/SANDBOX/vmcore-TIME.elf}, beside it the console's end and QEMU's command line. The file
 * is called {@code .part} until it is complete. QEMU writes by a thread of its own, so that it can
 * be told to quit meanwhile. Thread safe.
 */
final class PanicDump {
    private static final Log LOG = Log.of("qemu");

    /** The name of the descriptor that QEMU writes to. */
    private static final String DESCRIPTOR = "dump";

    /** So that a guest that panics again and again leaves room for others. */
    private static final int PARTS_FREE = 2;

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    private final MemoryDump wanted;
    private final String sandboxId;
    private final HostProcess process;
    private final Handover handover;
    private final CompletableFuture<QmpEvent> completed = new CompletableFuture<>();

    /** How much memory there is to write. */
    interface Size {
        /** In MiB. */
        int mib() throws HypervisorFailure;
    }

    /**
     * @param process QEMU's
     */
    PanicDump(MemoryDump wanted, String sandboxId, HostProcess process, Handover handover) {
        this.wanted = wanted;
        this.sandboxId = sandboxId;
        this.process = process;
        this.handover = handover;
    }

    /** Takes note of an event of QEMU's; does not block. */
    void note(QmpEvent event) {
        if (event.name().equals("DUMP_COMPLETED")) {
            completed.complete(event);
        }
    }

    /**
     * Dumps the memory of a guest that stands still. Returns when that is done, has failed, which
     * the log tells, or has taken longer than {@code limit}; soon when QEMU has ended. Beyond the
     * limit QEMU writes on until the caller ends it; the part is removed then.
     *
     * @param console the end of the guest's console
     */
    void take(Size memory, String console, Duration limit) {
        // A file system that hangs would hang who calls as well. It keeps this thread until it
        // goes on, or the daemon ends: a virtual one would keep a carrier of all the others.
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread.ofPlatform()
                .daemon()
                .name("dump-" + sandboxId)
                .start(
                        () -> {
                            try {
                                write(memory, console, limit);
                            } finally {
                                done.complete(null);
                            }
                        });
        if (!Waited.on(done, limit).isDone()) {
            LOG.warn(
                    "the memory of a guest that panicked is not dumped within the limit",
                    "limit",
                    limit,
                    "directory",
                    wanted.directory());
        }
    }

    private void write(Size memory, String console, Duration limit) {
        Path directory = wanted.directory().resolve(sandboxId);
        String time = TIME.format(Instant.now());
        Path part = directory.resolve("vmcore-" + time + ".elf.part");
        Path whole = directory.resolve("vmcore-" + time + ".elf");
        try {
            Files.createDirectories(directory, mode("rwx------"));
            int mib = memory.mib();
            checkRoom(directory, mib);
            LOG.warn("the guest panicked: its memory is dumped now", "file", whole, "mib", mib);
            describe(directory, time, console);
            Files.newByteChannel(
                            part,
                            EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                            mode("rw-------"))
                    .close();
            try {
                begin(part);
                awaitCompleted(limit);
                Files.move(part, whole, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(part);
            }
            LOG.info("the memory of a guest that panicked is dumped", "file", whole);
        } catch (IOException | HypervisorFailure | Handover.Refused e) {
            LOG.error(
                    "the memory of a guest that panicked is not dumped",
                    "directory",
                    directory,
                    "error",
                    e);
        }
    }

    private static void checkRoom(Path directory, int mib) throws IOException {
        long free = Files.getFileStore(directory).getUsableSpace() >> 20;
        long needed = (long) PARTS_FREE * mib;
        if (free < needed) {
            throw new IOException(
                    directory
                            + " has "
                            + free
                            + " MiB free (expected: "
                            + needed
                            + ", "
                            + PARTS_FREE
                            + " times the machine's memory); make room, or let"
                            + " guest_memory_dump_path name a larger file system");
        }
    }

    /** What a reader of the dump asks first; without it the dump is of use as well. */
    private void describe(Path directory, String time, String console) {
        try {
            writePrivate(directory.resolve("console-" + time + ".txt"), console);
            writePrivate(
                    directory.resolve("qemu-" + time + ".txt"),
                    Files.readString(
                                    Path.of("/proc", Long.toString(process.pid()), "cmdline"),
                                    StandardCharsets.ISO_8859_1)
                            .replace('\0', '\n'));
        } catch (IOException e) {
            LOG.warn("what belongs to a dump is not written", "directory", directory, "error", e);
        }
    }

    private static void writePrivate(Path file, String text) throws IOException {
        try (var channel =
                Files.newByteChannel(
                        file,
                        EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        mode("rw-------"))) {
            var _ = channel.write(StandardCharsets.ISO_8859_1.encode(text));
        }
    }

    private static FileAttribute<Set<PosixFilePermission>> mode(String permissions) {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
    }

    private void begin(Path file) throws Handover.Refused, IOException {
        handover.command(
                List.of(new InheritedFile(DESCRIPTOR, file, Access.READ_WRITE)),
                List.of(),
                List.of(),
                JsonObject.builder()
                        .put("execute", "dump-guest-memory")
                        .put(
                                "arguments",
                                JsonObject.builder()
                                        .put("paging", wanted.paging())
                                        .put("protocol", "fd:" + DESCRIPTOR)
                                        .put("detach", true)
                                        .build())
                        .build());
    }

    private void awaitCompleted(Duration limit) throws IOException {
        var first = CompletableFuture.anyOf(completed, process.exited());
        if (!Waited.on(first, limit).isDone()) {
            throw new IOException("QEMU has not written it within " + limit);
        }
        if (!completed.isDone()) {
            throw new IOException("QEMU has ended before all was written");
        }
        JsonObject data = completed.join().data();
        if (data.string("error").isPresent()) {
            throw new IOException("QEMU: " + data.string("error").get());
        }
    }
}
