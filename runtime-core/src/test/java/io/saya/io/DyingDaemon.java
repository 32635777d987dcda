package io.saya.io;

import io.saya.event.TaskIo;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * A daemon that moves output of a guest to a FIFO until it is killed, as a process of its own.
 * Arguments: the run directory, the FIFO, the guest's output, and the position to go on from, or 0.
 */
final class DyingDaemon {
    private DyingDaemon() {}

    public static void main(String[] arguments) throws Exception {
        Path runDirectory = Path.of(arguments[0]);
        Path fifo = Path.of(arguments[1]);
        try (HoldingHost nobody = new HoldingHost(runDirectory)) {
            nobody.refuse(); // the test holds it
            HostStdio host =
                    new HostStdio(
                            runDirectory.resolve("io"),
                            new StreamKeeping(runDirectory, nobody, true));
            TaskIo io = new TaskIo("", fifo.toString(), "", false);
            ContainerIdentity container = new ContainerIdentity("test", "c1");
            HeldStdio held = KilledDaemonTest.left(Long.parseLong(arguments[3]));
            ProcessStdio stdio =
                    held == null ? host.open(io, container) : host.reopen(io, container, held);
            stdio.attach(new KeepingGuest(Path.of(arguments[2]), false));
            System.out.println("moves");
            LockSupport.park();
        }
    }
}
