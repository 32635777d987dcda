package io.saya.qemu;

import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.host.Placement;
import io.saya.host.Placement.Access;
import io.saya.host.Placement.InheritedFile;
import io.saya.host.ProcessExit;
import io.saya.host.Signal;
import io.saya.host.SpawnSpec;
import io.saya.lifecycle.Waited;
import io.saya.qemu.saved.MemoryImage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Fills the memory of a QEMU that is starting with that of a template, by a process that the guard
 * starts where it has started QEMU: what it writes is charged to that cgroup. It begins as soon as
 * QEMU has its memory, while that makes the rest of the machine.
 */
final class MemoryCopy implements AutoCloseable {
    /** Executed by a child of the guard, whose program is the launcher. */
    private static final String LAUNCHER = "/proc/self/exe";

    private final HostProcess process;

    private MemoryCopy(HostProcess process) {
        this.process = process;
    }

    /**
     * Begins.
     *
     * @param qemu the pid of a QEMU whose guest does not run before the copy has ended
     * @param sandboxId stands in the arguments of the process
     * @throws IOException if the process cannot be made; nothing is left then
     */
    static MemoryCopy start(Host host, MemoryImage image, long qemu, String sandboxId)
            throws IOException {
        return new MemoryCopy(
                host.spawn(
                        new SpawnSpec(
                                List.of(
                                        LAUNCHER,
                                        "-id",
                                        sandboxId,
                                        "-address",
                                        "%fd:pages%,%fd:memory%," + qemu,
                                        "pages"),
                                Map.of(),
                                List.of(),
                                Optional.empty(),
                                Path.of("/"),
                                Placement.AS_GUARD.with(
                                        List.of(
                                                new InheritedFile(
                                                        "pages", image.pages(), Access.READ_ONLY),
                                                new InheritedFile(
                                                        "memory",
                                                        image.memory(),
                                                        Access.READ_ONLY)),
                                        List.of(),
                                        List.of()))));
    }

    /**
     * Waits until all of it is there.
     *
     * @throws IOException if it does not succeed, or not within {@code limit}
     */
    void await(Duration limit) throws IOException {
        if (!(Waited.on(process.exited(), limit) instanceof Waited.Done(ProcessExit exit))) {
            throw new IOException("the guest's memory was not filled within " + limit);
        }
        if (!exit.equals(new ProcessExit.Code(0))) {
            throw new IOException(
                    "the guest's memory was not filled: "
                            + exit.describe()
                            + ": "
                            + process.outputTail().strip());
        }
    }

    /** Ends it, if it has not ended. */
    @Override
    public void close() {
        if (!process.exited().isDone()) {
            process.signal(Signal.SIGKILL);
        }
    }
}
