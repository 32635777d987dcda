package io.saya.test.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.proto.cri.ContainerStats;
import io.saya.proto.cri.ContainerStatsRequest;
import io.saya.proto.cri.LinuxContainerConfig;
import io.saya.proto.cri.LinuxContainerResources;
import io.saya.proto.cri.LinuxPodSandboxConfig;
import io.saya.proto.cri.LinuxPodSandboxStats;
import io.saya.proto.cri.PodSandboxStatsRequest;
import io.saya.test.Host;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Figures under a known load, of the CRI and of the task service, against the files of the guest's
 * own cgroup. Those are read before and after an answer: a counter of the answer is between the
 * two. The shell that reads them is in the cgroup while it runs, which is the slack of what is no
 * counter.
 */
@WithProduct
final class FiguresTest extends PodSuite {
    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final long MIB = 1 << 20;
    private static final long SLACK = 2 * MIB;

    /** What the load holds in anonymous memory, and what it writes and syncs. */
    private static final long HELD = 40 * MIB;

    private static final long WRITTEN = 24 * MIB;
    private static final long SENT = 8 * MIB;

    /** tail keeps a line without an end whole. dd leaves page cache that was used once. */
    private static final String LOAD =
            """
            (head -c %d /dev/zero; sleep 100000) | tail &
            dd if=/dev/zero of=/written bs=1M count=%d 2>/dev/null
            sync
            (while :; do :; done) &
            echo loaded
            wait
            """
                    .formatted(HELD, WRITTEN / MIB);

    private static final String READ =
            """
            cd /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
            for file in cpu.stat memory.stat memory.events io.stat; do
              sed "s/^/$file /" $file
            done
            for file in memory.current memory.swap.current pids.current; do
              echo "$file $file $(cat $file)"
            done
            sed -n 's/^ *eth0: *//p' /proc/net/dev | while read a b c d e f g h sent rest; do
              echo net received $a
              echo net sent $sent
            done
            """;

    @BeforeAll
    void onlyWithMachines() {
        assumeTrue(Node.handler().equals(Node.SAYA), "a host with version 1 has no such files");
    }

    /** What the guest's files say: the file and the word in it, and the number behind. */
    private record GuestFiles(Map<String, Long> numbers) {
        long get(String name) {
            var number = numbers.get(name);
            if (number == null) {
                throw new AssertionError("the guest has no " + name + ": " + numbers);
            }
            return number;
        }
    }

    private static GuestFiles guest(Pod pod, String container) {
        var ran = pod.exec(container, "sh", "-c", READ);
        assertThat(ran.status()).as(ran.toString()).isZero();
        var numbers = new HashMap<String, Long>();
        ran.out()
                .lines()
                .forEach(
                        line -> {
                            var words = line.split(" ", -1);
                            if (words[0].equals("io.stat")) {
                                Arrays.stream(words)
                                        .filter(word -> word.startsWith("wbytes="))
                                        .map(word -> Long.valueOf(word.substring(7)))
                                        .forEach(
                                                bytes ->
                                                        numbers.merge(
                                                                "io.stat wbytes",
                                                                bytes,
                                                                Long::sum));
                            } else if (words.length == 3) {
                                numbers.put(words[0] + " " + words[1], Long.valueOf(words[2]));
                            }
                        });
        return new GuestFiles(numbers);
    }

    private ContainerStats stats(String container) {
        return node().cri()
                .runtime()
                .containerStats(
                        ContainerStatsRequest.newBuilder().setContainerId(container).build())
                .getStats();
    }

    private LinuxPodSandboxStats podStats(Pod pod) {
        return node().cri()
                .runtime()
                .podSandboxStats(
                        PodSandboxStatsRequest.newBuilder().setPodSandboxId(pod.id()).build())
                .getStats()
                .getLinux();
    }

    private TaskFigures task(Pod pod, String container) {
        return TaskFigures.of(node().containerd().shimSocket(pod.id()), container);
    }

    private static LinuxContainerResources resources(long mib, double cpus) {
        return LinuxContainerResources.newBuilder()
                .setMemoryLimitInBytes(mib * MIB)
                .setCpuPeriod(100_000)
                .setCpuQuota(Math.round(cpus * 100_000))
                .build();
    }

    /** A container with half a processor that has done what it is to do, and spins. */
    private static String loaded(Pod pod) {
        var container =
                pod.start(
                        pod.create(
                                "load",
                                config ->
                                        config.addCommand("sh")
                                                .addArgs("-c")
                                                .addArgs(LOAD)
                                                .setLinux(
                                                        LinuxContainerConfig.newBuilder()
                                                                .setResources(
                                                                        resources(256, 0.5)))));
        assertThat(Wait.until(LIMIT, () -> pod.log(container).contains("loaded"))).isTrue();
        assertThat(Wait.until(LIMIT, () -> guest(pod, container).get("memory.stat anon") >= HELD))
                .isTrue();
        return container;
    }

    @Test
    void aContainersAreThoseOfItsCgroupInTheGuest() {
        var pod =
                pod(
                        config ->
                                config.setLinux(
                                        LinuxPodSandboxConfig.newBuilder()
                                                .setResources(resources(256, 0.5))));
        var container = loaded(pod);
        var before = guest(pod, container);
        // A guest that does not answer at once is told of as it was a moment ago.
        var answer = new AtomicReference<ContainerStats>();
        assertThat(
                        Wait.until(
                                LIMIT,
                                () -> {
                                    answer.set(stats(container));
                                    return answer.get().getMemory().getPageFaults().getValue()
                                            >= before.get("memory.stat pgfault");
                                }))
                .isTrue();
        var task = task(pod, container);
        var after = guest(pod, container);

        var memory = answer.get().getMemory();
        near(memory.getUsageBytes().getValue(), "memory.current memory.current", before, after);
        near(memory.getRssBytes().getValue(), "memory.stat anon", before, after);
        between(memory.getPageFaults().getValue(), "memory.stat pgfault", before, after);
        between(memory.getMajorPageFaults().getValue(), "memory.stat pgmajfault", before, after);
        assertThat(memory.getRssBytes().getValue()).isBetween(HELD, HELD + 8 * MIB);
        // As the kubelet computes it: without page cache that was used once, as what dd wrote.
        assertThat(memory.getWorkingSetBytes().getValue())
                .isBetween(
                        workingSet(before) - SLACK,
                        Math.max(workingSet(before), workingSet(after)) + SLACK)
                .isLessThan(memory.getUsageBytes().getValue() - WRITTEN / 2);

        near(task.memory(), "memory.current memory.current", before, after);
        near(task.anon(), "memory.stat anon", before, after);
        near(task.inactiveFile(), "memory.stat inactive_file", before, after);
        between(task.pageFaults(), "memory.stat pgfault", before, after);
        between(task.throttled(), "cpu.stat nr_throttled", before, after);
        between(task.written(), "io.stat wbytes", before, after);
        between(task.sent(), "net sent", before, after);
        assertThat(task.written()).isBetween(WRITTEN, 2 * WRITTEN);
        assertThat(task.swap()).isEqualTo(after.get("memory.swap.current memory.swap.current"));
        assertThat(task.oomKills()).isZero();
        // The shell, the one that spins, tail, and the sleep that holds tail's input open.
        assertThat(task.processes()).isEqualTo(4);
    }

    private static long workingSet(GuestFiles guest) {
        return guest.get("memory.current memory.current") - guest.get("memory.stat inactive_file");
    }

    private static void near(long told, String name, GuestFiles before, GuestFiles after) {
        long first = before.get(name);
        long last = after.get(name);
        assertThat(told)
                .as(name)
                .isBetween(Math.min(first, last) - SLACK, Math.max(first, last) + SLACK);
    }

    private static void between(long told, String name, GuestFiles before, GuestFiles after) {
        assertThat(told).as(name).isBetween(before.get(name), after.get(name));
    }

    /**
     * Processor time is the host's: of what the guest counts, the part in which its virtual
     * processors had one of the host's.
     */
    @Test
    void itsProcessorTimeIsThatOfTheGuestByTheShareThatTheHostGave() {
        var pod =
                pod(
                        config ->
                                config.setLinux(
                                        LinuxPodSandboxConfig.newBuilder()
                                                .setResources(resources(256, 0.5))));
        var container = loaded(pod);
        var qemu = Host.process("qemu-system", pod.id());
        // What was asked first has what was before; the guest's figures frame the answers.
        var _ = task(pod, container);
        var first = measured(pod, container, qemu);
        // Half a processor's worth of two seconds, by the guest's clock.
        assertThat(
                        Wait.until(
                                LIMIT,
                                () ->
                                        guest(pod, container).get("cpu.stat usage_usec")
                                                > first.after() + 3_000_000))
                .isTrue();
        var last = measured(pod, container, qemu);
        double ran = last.ran() - first.ran();
        double share = ran / (ran + last.waited() - first.waited());
        double least = (last.before() - first.after()) * 1000.0;
        double most = (last.after() - first.before()) * 1000.0;
        assertThat((double) last.told() - first.told())
                .as("of %.0f to %.0f in the guest, and a share of %.3f", least, most, share)
                .isBetween(0.9 * least * share, 1.1 * most * share);
        var cri = stats(container).getCpu().getUsageCoreNanoSeconds().getValue();
        assertThat(cri).isBetween(last.told(), task(pod, container).cpuNanos());
    }

    /**
     * What was told, in nanoseconds; what the guest said before and after that, in microseconds;
     * and what the host's kernel says of the virtual processors.
     */
    private record Measured(long told, long before, long after, long ran, long waited) {}

    private Measured measured(Pod pod, String container, long qemu) {
        var before = guest(pod, container).get("cpu.stat usage_usec");
        long told = task(pod, container).cpuNanos();
        long ran = 0;
        long waited = 0;
        for (Path thread : Host.list(Path.of("/proc/" + qemu + "/task"))) {
            try {
                if (Files.readString(thread.resolve("comm")).startsWith("CPU ")) {
                    var fields = Files.readString(thread.resolve("schedstat")).split(" ", -1);
                    ran += Long.parseLong(fields[0]);
                    waited += Long.parseLong(fields[1]);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        var after = guest(pod, container).get("cpu.stat usage_usec");
        return new Measured(told, before, after, ran, waited);
    }

    @Test
    void whatAContainerSendsIsItsPodsAndThePodsFiguresHaveItsMachine() {
        var cgroup = cgroup();
        var pod = podIn(cgroup);
        var container = pod.idle("sender");
        var before = guest(pod, container);
        var told = podStats(pod).getNetwork().getDefaultInterface();
        send(pod, container);
        var after = guest(pod, container);
        var sent = podStats(pod).getNetwork().getDefaultInterface();
        long guest = after.get("net sent") - before.get("net sent");
        long host = sent.getTxBytes().getValue() - told.getTxBytes().getValue();
        assertThat(guest).isBetween(SENT, SENT + SENT / 10);
        assertThat(host).isBetween(guest - guest / 50 - 4096, guest + guest / 50 + 4096);
        assertThat(sent.getRxBytes().getValue())
                .isBetween(
                        told.getRxBytes().getValue(),
                        after.get("net received") + told.getRxBytes().getValue() + 65536);
        assertThat(task(pod, container).sent()).isGreaterThanOrEqualTo(after.get("net sent"));

        var used = cgroup.usedMemory();
        var pods = podStats(pod);
        long containers =
                pods.getContainersList().stream()
                        .mapToLong(one -> one.getMemory().getUsageBytes().getValue())
                        .sum();
        // Kernel, agent and QEMU are the pod's overhead.
        assertThat(pods.getMemory().getUsageBytes().getValue())
                .isBetween(used - 8 * MIB, cgroup.usedMemory() + 8 * MIB)
                .isGreaterThan(containers + 50 * MIB);
        assertThat(pods.getCpu().getUsageCoreNanoSeconds().getValue())
                .isGreaterThan(stats(container).getCpu().getUsageCoreNanoSeconds().getValue());
    }

    /** Has the container send to the node, which takes all of it. */
    private static void send(Pod pod, String container) {
        try (var server = new ServerSocket()) {
            server.bind(new InetSocketAddress("0.0.0.0", 0));
            var taken = new AtomicReference<Long>(0L);
            var taking =
                    Thread.startVirtualThread(
                            () -> {
                                try (var socket = server.accept()) {
                                    long bytes = 0;
                                    var buffer = new byte[1 << 16];
                                    int read = socket.getInputStream().read(buffer);
                                    while (read >= 0) {
                                        bytes += read;
                                        read = socket.getInputStream().read(buffer);
                                    }
                                    taken.set(bytes);
                                } catch (IOException e) {
                                    throw new UncheckedIOException(e);
                                }
                            });
            var ran =
                    pod.exec(
                            container,
                            "sh",
                            "-c",
                            "dd if=/dev/zero bs=65536 count=%d | nc 10.88.0.1 %d"
                                    .formatted(SENT >> 16, server.getLocalPort()));
            assertThat(ran.status()).as(ran.toString()).isZero();
            assertThat(Wait.until(LIMIT, () -> !taking.isAlive())).isTrue();
            assertThat(taken.get()).isEqualTo(SENT);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aProcessThatWasKilledForWantOfMemoryIsCounted() {
        var pod = pod();
        var container =
                pod.start(
                        pod.create(
                                "small",
                                config ->
                                        config.addCommand("sleep")
                                                .addArgs("100000")
                                                .setLinux(
                                                        LinuxContainerConfig.newBuilder()
                                                                .setResources(resources(32, 1)))));
        assertThat(
                        pod.exec(
                                        container,
                                        "dd",
                                        "if=/dev/zero",
                                        "of=/dev/null",
                                        "bs=64M",
                                        "count=1")
                                .status())
                .isEqualTo(137);
        assertThat(guest(pod, container).get("memory.events oom_kill")).isEqualTo(1);
        assertThat(Wait.until(LIMIT, () -> task(pod, container).oomKills() == 1)).isTrue();
    }
}
