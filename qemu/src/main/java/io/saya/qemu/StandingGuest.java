package io.saya.qemu;

import io.saya.host.HostProcess;
import io.saya.host.Signal;
import io.saya.json.JsonException;
import io.saya.json.JsonObject;
import io.saya.log.Log;
import io.saya.qemu.qmp.QmpCommand;
import io.saya.qemu.qmp.QmpConnection;
import io.saya.qemu.qmp.QmpEvent;
import io.saya.qemu.qmp.QmpFailure;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * A guest whose CPUs stand still although nobody asked for it: QEMU waits for an operator there.
 * None will come, so a guest that cannot go on is ended, after its memory was dumped where that is
 * wanted. Thread safe; events are noted without blocking.
 */
final class StandingGuest {
    private static final Log LOG = Log.of("qemu");

    /** See {@link QemuVm}: QEMU answers at once, once it gets a processor. */
    private static final Duration COMMAND_DEADLINE = Duration.ofSeconds(30);

    /** How long the memory of a guest that panicked may take to be written. */
    private static final Duration DUMP_LIMIT = Duration.ofMinutes(10);

    private final String sandboxId;
    private final HostProcess process;
    private final QmpConnection qmp;
    private final GuestEnd end;
    private final Optional<Dump> dump;

    /**
     * True if the runtime wants the guest to stand still; a guest that stands still of its own
     * accord has met an error.
     */
    private volatile boolean wanted;

    private volatile boolean endRequested;
    private volatile boolean dumping;

    /** Stops that we did not ask for and of which the thread that asks QEMU does not know yet. */
    private final AtomicInteger stops = new AtomicInteger();

    /**
     * What is written of a guest that panicked.
     *
     * @param console the end of the guest's console
     */
    record Dump(PanicDump file, PanicDump.Size memory, Supplier<String> console) {}

    /**
     * @param process QEMU's
     * @param end gets the reason
     * @param dump empty: the memory is not dumped
     */
    StandingGuest(
            String sandboxId,
            HostProcess process,
            QmpConnection qmp,
            GuestEnd end,
            Optional<Dump> dump) {
        this.sandboxId = sandboxId;
        this.process = process;
        this.qmp = qmp;
        this.end = end;
        this.dump = dump;
    }

    /** Says whether the runtime wants the guest to stand still. */
    void wanted(boolean still) {
        wanted = still;
    }

    /** The VM is being ended: nothing of it is dumped any more. */
    void endRequested() {
        endRequested = true;
    }

    /** True while the memory of a guest that panicked is dumped. */
    boolean dumping() {
        return dumping;
    }

    /** Takes note of an event of QEMU's. */
    void note(QmpEvent event) {
        dump.ifPresent(known -> known.file().note(event));
        if (event.name().equals("STOP") && !wanted) {
            ask();
        }
    }

    /**
     * Has QEMU asked why the guest stands still, if it does: by a thread, since the answer comes
     * behind the event; one for all events.
     */
    void ask() {
        if (stops.getAndIncrement() == 0) {
            Thread.ofVirtual().name("vm-stopped-" + sandboxId).start(this::askForEach);
        }
    }

    /** Stops that come while QEMU is asked are one more question in all. */
    private void askForEach() {
        int seen;
        do {
            seen = stops.get();
            try {
                endUnlessItGoesOn();
            } catch (RuntimeException | Error e) {
                // The next stop is to be asked about all the same.
                LOG.error("a guest that stands still is left as it is", "error", e);
            }
        } while (!stops.compareAndSet(seen, 0));
    }

    private void endUnlessItGoesOn() {
        try {
            if (!(qmp.execute(new QmpCommand("query-status"), COMMAND_DEADLINE)
                    instanceof JsonObject state)) {
                return;
            }
            String status = state.string("status").orElse("");
            if (status.equals("running")) {
                return;
            }
            LOG.warn("QEMU stopped the guest", "sandbox_vm", sandboxId, "status", status);
            switch (status) {
                case "internal-error", "guest-panicked", "shutdown" -> {
                    end.note(status);
                    if (status.equals("guest-panicked")) {
                        dumpMemory();
                    }
                    process.signal(Signal.SIGKILL);
                }
                default -> {
                    // Such as io-error or paused: the guest could still go on.
                }
            }
        } catch (QmpFailure | JsonException e) {
            LOG.warn("QEMU stopped the guest and does not say why", "error", e);
        }
    }

    /** A Kill meanwhile ends QEMU, and with that this. */
    private void dumpMemory() {
        if (dump.isEmpty() || endRequested) {
            return;
        }
        Dump known = dump.get();
        dumping = true;
        try {
            known.file().take(known.memory(), known.console().get(), DUMP_LIMIT);
        } finally {
            dumping = false;
        }
    }
}
