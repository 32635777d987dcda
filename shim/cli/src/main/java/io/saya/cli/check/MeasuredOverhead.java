package io.saya.cli.check;

import io.saya.cli.call.Invocation;
import io.saya.cli.check.Finding.Verdict;
import io.saya.cli.host.HostFiles;
import io.saya.json.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/**
 * What a sandbox without work costs this host: one is started, left alone and looked at.
 *
 * @param origin how its guest came up: {@code booted} or {@code restored} from a template
 * @param vmmMib QEMU's own memory
 * @param guestMib of the guest's memory, what the host has given it
 * @param shareMib virtiofsd's memory
 * @param runtimeMib that of daemon and guard, which are in the pod's cgroup only with {@code
 *     sandbox_cgroup_only}
 * @param startMillis processor time that QEMU and virtiofsd took until the guest was idle
 * @param idleMillis thousandths of a processor that they take from then on
 */
record MeasuredOverhead(
        String origin,
        long vmmMib,
        long guestMib,
        long shareMib,
        long runtimeMib,
        long startMillis,
        long idleMillis) {

    /** In which a guest loads its modules and gives back what it does not need. */
    private static final Duration SETTLES = Duration.ofSeconds(5);

    /** Over which the processor time of the idle guest is taken. */
    private static final Duration IDLE = Duration.ofSeconds(4);

    /** How long a template may take that the first sandbox makes for the second. */
    private static final Duration TEMPLATE = Duration.ofMinutes(3);

    private static final Duration LOOK = Duration.ofMillis(200);

    private static final String FROM_TEMPLATE = "restored";

    /** Of {@code /proc/PID/stat}, on all of Linux. */
    private static final int MILLIS_PER_TICK = 10;

    /** What came of an attempt. */
    record Attempt(List<MeasuredOverhead> measured, String problem) {}

    /**
     * Starts a sandbox, and with templates a second one from the template that it finds or makes.
     * Blocks for some ten seconds each.
     */
    static Attempt of(Invocation invocation, boolean templates) {
        if (!HostFiles.isRoot()) {
            return new Attempt(List.of(), "only root can start a sandbox");
        }
        List<MeasuredOverhead> measured = new ArrayList<>();
        String problem = one(invocation, templates, measured);
        if (problem.isEmpty() && templates && !measured.getFirst().fromTemplate()) {
            problem = one(invocation, false, measured);
        }
        return new Attempt(measured, problem);
    }

    /** Returns what went wrong; empty if nothing did. */
    private static String one(
            Invocation invocation, boolean makesTemplate, List<MeasuredOverhead> measured) {
        List<String> problems = new ArrayList<>();
        Finding booted =
                BootCheck.boot(
                        invocation,
                        sandbox -> {
                            try {
                                if (makesTemplate) {
                                    awaitTemplate(sandbox);
                                }
                                JsonObject status = sandbox.ask();
                                measured.add(
                                        look(
                                                status.string("id").orElse(""),
                                                status.string("origin").orElse("")));
                            } catch (IOException e) {
                                problems.add(String.valueOf(e.getMessage()));
                            }
                        });
        if (booted.verdict() != Verdict.PASS) {
            problems.add(booted.text());
        }
        return String.join("; ", problems);
    }

    private static void awaitTemplate(BootCheck.Status sandbox) throws IOException {
        long deadline = System.nanoTime() + TEMPLATE.toNanos();
        String state;
        do {
            LockSupport.parkNanos(LOOK.toNanos());
            state = sandbox.ask().string("template").orElse("");
        } while ((state.equals("missing") || state.equals("being made"))
                && System.nanoTime() - deadline < 0);
    }

    private static MeasuredOverhead look(String id, String origin) {
        HostFiles host = new HostFiles(Path.of("/"));
        LockSupport.parkNanos(SETTLES.toNanos());
        List<String> machine = new ArrayList<>();
        long vmm = 0;
        long guest = 0;
        long share = 0;
        long runtime = 0;
        for (String pid : host.names("/proc")) {
            String process = "/proc/" + pid;
            if (!Character.isDigit(pid.charAt(0))
                    || !host.text(process + "/cmdline").contains(id)
                    || pid.equals(Long.toString(ProcessHandle.current().pid()))) {
                continue;
            }
            String name = host.text(process + "/comm");
            long anonymous = kib(host, process, "Pss_Anon");
            if (name.startsWith("qemu-system")) {
                vmm += anonymous;
                guest += kib(host, process, "Pss_Shmem");
                machine.add(process);
            } else if (name.startsWith("virtiofsd")) {
                share += anonymous;
                machine.add(process);
            } else {
                runtime += anonymous;
            }
        }
        long started = millis(host, machine);
        LockSupport.parkNanos(IDLE.toNanos());
        long idle = millis(host, machine) - started;
        return new MeasuredOverhead(
                origin,
                Math.ceilDiv(vmm, 1024),
                Math.ceilDiv(guest, 1024),
                Math.ceilDiv(share, 1024),
                Math.ceilDiv(runtime, 1024),
                started,
                Math.ceilDiv(idle * 1000, IDLE.toMillis()));
    }

    private static long kib(HostFiles host, String process, String field) {
        String told = host.field(process + "/smaps_rollup", field, ':').replace("kB", "").strip();
        return told.isEmpty() ? 0 : Long.parseLong(told);
    }

    /** Processor time of processes in all. */
    private static long millis(HostFiles host, List<String> processes) {
        long ticks = 0;
        for (String process : processes) {
            String stat = host.text(process + "/stat");
            String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
            // Counted from the state, which is the third field of the whole.
            ticks += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        }
        return ticks * MILLIS_PER_TICK;
    }

    private boolean fromTemplate() {
        return origin.equals(FROM_TEMPLATE);
    }

    /** What of it is in the pod's cgroup. */
    long podMib(boolean all) {
        return vmmMib + guestMib + shareMib + (all ? runtimeMib : 0);
    }

    /** A line of YAML's comments. */
    String describe() {
        return String.format(
                Locale.ROOT,
                "# measured, %s: QEMU %d MiB, of the guest's memory %d MiB, virtiofsd %d MiB (daemon and"
                        + " guard %d MiB); processor: %.1f s to start, %dm idle%n",
                fromTemplate() ? "started from a template" : "booted",
                vmmMib,
                guestMib,
                shareMib,
                runtimeMib,
                startMillis / 1000.0,
                idleMillis);
    }
}
