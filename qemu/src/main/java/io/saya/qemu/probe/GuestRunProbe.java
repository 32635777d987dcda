package io.saya.qemu.probe;

import io.saya.host.Host;
import io.saya.host.HostProcess;
import io.saya.host.Placement;
import io.saya.host.ProcessExit;
import io.saya.host.Signal;
import io.saya.host.SpawnSpec;
import io.saya.lifecycle.Waited;
import io.saya.qemu.root.ConfinedRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs {@link ProbeGuest} under an accelerator and sees whether it comes to its end. */
final class GuestRunProbe implements KvmProbe {
    static final String KVM = "kvm";

    /**
     * {@code -cpu} models in the order of preference. The second is for nested hosts whose KVM
     * offers a register (MSR 0x10a) that it then refuses to set, on which QEMU aborts.
     */
    private static final List<String> CPU_MODELS = List.of("host", "host,-arch-capabilities");

    /**
     * Processor time after which a guest that has not ended is given up. It needs some 50 ms,
     * QEMU's start included. Processor time, because on a busy host the clock says nothing about
     * KVM.
     */
    private static final Duration PROCESSOR_TIME = Duration.ofSeconds(1);

    /** Limit for a process that gets no processor time at all. */
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    /** Interval between two looks at the processor time. */
    private static final Duration GLANCE = Duration.ofMillis(50);

    /** Unit of times in /proc, 1/100 s on every architecture that KVM has. */
    private static final long NANOS_PER_TICK = 10_000_000;

    private final Host host;
    private final Path directory;
    private final String accelerator;
    private final byte[] firmware;

    /**
     * Makes a probe.
     *
     * @param directory where the firmware can be put for as long as a guest runs
     */
    GuestRunProbe(Host host, Path directory, String accelerator, byte[] firmware) {
        this.host = host;
        this.directory = directory;
        this.accelerator = accelerator;
        this.firmware = firmware.clone();
    }

    @Override
    public KvmVerdict verdict(Path qemu) {
        try {
            Path file = Files.createTempFile(directory, "kvm-probe", ".bin");
            try {
                Files.write(file, firmware);
                return verdict(qemu, file);
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            return new KvmVerdict.Undecided("no probe guest started: " + e.getMessage());
        }
    }

    private KvmVerdict verdict(Path qemu, Path file) throws IOException {
        StringBuilder failures = new StringBuilder();
        for (String cpuModel : CPU_MODELS) {
            switch (run(qemu, file, cpuModel)) {
                case Outcome.Completed() -> {
                    return new KvmVerdict.Usable(cpuModel);
                }
                case Outcome.TooSlow() -> {
                    return new KvmVerdict.Unusable(
                            "a guest of some 20 ms had not ended after "
                                    + PROCESSOR_TIME.toMillis()
                                    + " ms of processor time");
                }
                case Outcome.Starved() -> {
                    return new KvmVerdict.Undecided(
                            "the probe guest got next to no processor time for "
                                    + DEADLINE.toSeconds()
                                    + " s");
                }
                case Outcome.Failed(String how) ->
                        failures.append(failures.isEmpty() ? "" : "; ")
                                .append("with -cpu ")
                                .append(cpuModel)
                                .append(": ")
                                .append(how);
            }
        }
        return new KvmVerdict.Unusable(failures.toString());
    }

    /** What became of a probe guest. */
    private sealed interface Outcome {
        record Completed() implements Outcome {}

        record TooSlow() implements Outcome {}

        record Failed(String how) implements Outcome {}

        record Starved() implements Outcome {}
    }

    private Outcome run(Path qemu, Path file, String cpuModel) throws IOException {
        HostProcess process =
                host.spawn(
                        new SpawnSpec(
                                command(qemu, file, cpuModel),
                                Map.of(),
                                List.of(),
                                Optional.empty(),
                                directory,
                                Placement.confined(shown(qemu, file))));
        try {
            return watch(process);
        } finally {
            process.signal(Signal.SIGKILL);
            ProcessExit _ = process.exited().join();
        }
    }

    private List<Path> shown(Path qemu, Path file) {
        List<Path> shown = new ArrayList<>(ConfinedRoot.of(qemu, accelerator.equals(KVM)));
        shown.add(file);
        return shown;
    }

    private static Outcome watch(HostProcess process) {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (System.nanoTime() < deadline) {
            switch (Waited.on(process.exited(), GLANCE)) {
                case Waited.Done(ProcessExit exit) -> {
                    return exit.equals(new ProcessExit.Code(ProbeGuest.EXIT_CODE))
                            ? new Outcome.Completed()
                            : new Outcome.Failed(
                                    "QEMU ended with "
                                            + exit.describe()
                                            + " and printed: "
                                            + firstLine(process.outputTail()));
                }
                case Waited.TimedOut() -> {
                    if (processorTime(process.pid()) > PROCESSOR_TIME.toNanos()) {
                        return new Outcome.TooSlow();
                    }
                }
                case Waited.Failed(Throwable cause) ->
                        throw new IllegalStateException("exited never fails", cause);
                case Waited.Interrupted() -> {
                    return new Outcome.Starved();
                }
            }
        }
        return new Outcome.Starved();
    }

    /** User and system time that a process has had in ns, proc(5); 0 if it is gone. */
    private static long processorTime(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            // Field 2, the name, ends with the last parenthesis; 14 and 15 are the times.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", 14);
            return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * NANOS_PER_TICK;
        } catch (IOException e) {
            return 0;
        }
    }

    private static String firstLine(String text) {
        String stripped = text.strip();
        int end = stripped.indexOf('\n');
        return end < 0 ? stripped : stripped.substring(0, end);
    }

    private List<String> command(Path qemu, Path file, String cpuModel) {
        return List.of(
                qemu.toString(),
                "-name",
                "saya-kvm-probe",
                "-nodefaults",
                "-no-user-config",
                "-display",
                "none",
                "-no-reboot",
                "-machine",
                "q35",
                "-accel",
                accelerator,
                "-cpu",
                accelerator.equals(KVM) ? cpuModel : "max",
                "-m",
                "16M",
                "-bios",
                file.toString(),
                "-device",
                "isa-debug-exit,iobase=" + ProbeGuest.EXIT_PORT + ",iosize=1");
    }
}
