package io.saya.test.cri;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saya.proto.cri.LinuxContainerConfig;
import io.saya.proto.cri.LinuxContainerSecurityContext;
import io.saya.proto.cri.LinuxPodSandboxConfig;
import io.saya.proto.cri.LinuxSandboxSecurityContext;
import io.saya.test.Host;
import io.saya.test.Wait;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What an operator can see of a guest: its console, a monitor, its memory when it has panicked. */
@WithProduct
final class DebuggedTest extends PodSuite {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private Path dumps = Path.of("/nowhere");

    @BeforeAll
    void onlyWithMachines() {
        assumeTrue(Node.handler().equals(Node.SAYA), "runc has no guest");
    }

    @Override
    protected Node newNode() {
        try {
            dumps = Files.createTempDirectory("saya-dumps");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Node.with(
                """
                [hypervisor.qemu]
                default_memory = 256
                default_vcpus = 2
                network_queues = 1
                entropy_source = "/dev/random"
                enable_debug = true
                extra_monitor_socket = "hmp"
                guest_memory_dump_path = "%s"
                """
                        .formatted(dumps));
    }

    @AfterAll
    void noDumps() throws IOException {
        for (var sandbox : Host.list(dumps)) {
            for (var file : Host.list(sandbox)) {
                Files.delete(file);
            }
            Files.delete(sandbox);
        }
        Files.delete(dumps);
    }

    @Test
    void aGuestTellsWhatItDoesAndItsMemoryIsThereWhenItHasPanicked() throws IOException {
        var pod =
                pod(
                        config ->
                                config.setLinux(
                                        LinuxPodSandboxConfig.newBuilder()
                                                .setSecurityContext(
                                                        LinuxSandboxSecurityContext.newBuilder()
                                                                .setPrivileged(true))));
        var container =
                pod.start(
                        pod.create(
                                "privileged",
                                config ->
                                        config.addCommand("sleep")
                                                .addArgs("100000")
                                                .setLinux(
                                                        LinuxContainerConfig.newBuilder()
                                                                .setSecurityContext(
                                                                        LinuxContainerSecurityContext
                                                                                .newBuilder()
                                                                                .setPrivileged(
                                                                                        true)))));
        assertThat(pod.exec(container, "cat", "/proc/cmdline").out())
                .contains(" debug ")
                .doesNotContain(" quiet ");
        assertThat(node().containerd().log()).contains("msg=\"console\"");
        assertThat(pod.exec(container, "sh", "-c", "ls -d /sys/class/net/eth0/queues/rx-*").out())
                .isEqualTo("/sys/class/net/eth0/queues/rx-0\n");
        assertThat(monitor(pod)).contains("QEMU ");

        var words = "mark-" + pod.id();
        var _ =
                pod.exec(
                        container,
                        "sh",
                        "-c",
                        "(sleep 1; echo c > /proc/sysrq-trigger) & : " + words);
        assertThat(Wait.until(LIMIT, () -> !dumped(pod).isEmpty() && !pod.ready())).isTrue();
        var memory = Files.readString(dumped(pod).getFirst(), ISO_8859_1);
        assertThat(memory).startsWith("\u007fELF");
        assertThat(memory.contains(words)).as("the words of a shell in the guest").isTrue();
        assertThat(node().containerd().log()).contains("guest-panic");
    }

    private List<Path> dumped(Pod pod) {
        var directory = dumps.resolve(pod.id());
        return Files.exists(directory)
                ? Host.list(directory).stream()
                        .filter(file -> file.toString().endsWith(".elf"))
                        .toList()
                : List.of();
    }

    /** Its first words. */
    private static String monitor(Pod pod) throws IOException {
        var socket = Scraped.runDirectory(pod.id()).resolve("extra-monitor.sock");
        try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            var some = ByteBuffer.allocate(512);
            var said = new StringBuilder();
            while (said.indexOf("(qemu)") < 0 && channel.read(some.clear()) >= 0) {
                said.append(US_ASCII.decode(some.flip()));
            }
            return said.toString();
        }
    }
}
