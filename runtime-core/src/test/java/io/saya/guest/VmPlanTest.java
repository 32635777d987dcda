package io.saya.guest;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.config.GuestConfig;
import io.saya.config.load.ConfigLoader;
import io.saya.hypervisor.VmDevice;
import io.saya.hypervisor.VmSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The words that a guest's kernel and agent get from the configuration. */
class VmPlanTest {

    private static final String TRACE = "agent.trace=true";

    @TempDir Path directory;

    @SuppressWarnings("NullAway.Init") // Set before each test.
    VmPlanTest() {}

    private List<String> words(String vm, String agent) throws Exception {
        return words(vm, "virtio-serial", agent);
    }

    private List<String> words(String vm, String transport, String agent) throws Exception {
        for (String name : List.of("kernel", "qemu", "virtiofsd", "kata.img", "kata.initrd")) {
            Path file = directory.resolve(name);
            if (Files.notExists(file)) {
                assertThat(Files.writeString(file, name).toFile().setExecutable(true)).isTrue();
            }
        }
        Path file =
                Files.writeString(
                        directory.resolve("configuration.toml"),
                        """
                        [hypervisor.qemu]
                        path = "%1$s/qemu"
                        kernel = "%1$s/kernel"
                        virtio_fs_daemon = "%1$s/virtiofsd"
                        %2$s
                        [agent.kata]
                        transport = "%4$s"
                        %3$s
                        """
                                .formatted(
                                        directory,
                                        vm.replace("DIR", directory.toString()),
                                        agent.replace("DIR", directory.toString()),
                                        transport));
        return VmPlan.kernelParameters(new ConfigLoader(directory).load(file).config());
    }

    @Test
    void anImageGetsWhatItsSystemdNeedsAndTheConfigurationHasTheLastWord() throws Exception {
        assertThat(
                        words(
                                "image = \"DIR/kata.img\"\n"
                                        + "kernel_params = \"systemd.unit=mine.target\"",
                                ""))
                .containsExactly(
                        "systemd.unit=kata-containers.target",
                        "systemd.mask=systemd-networkd.service",
                        "systemd.mask=systemd-networkd.socket",
                        "systemd.show_status=false",
                        "selinux=0",
                        "agent.use_vsock=false",
                        "systemd.unit=mine.target");
    }

    @Test
    void aVerboseImageHasAVerboseSystemd() throws Exception {
        assertThat(words("image = \"DIR/kata.img\"\nenable_debug = true", ""))
                .containsSequence("systemd.show_status=true", "systemd.log_level=debug");
        assertThat(words("image = \"DIR/kata.img\"", "enable_debug = true"))
                .contains("systemd.show_status=true")
                .doesNotContain("systemd.log_level=debug");
    }

    private VmSpec.Debug debug(String vm) throws Exception {
        return VmPlan.debug(
                new ConfigLoader(directory)
                        .parse("[hypervisor.qemu]\n" + vm)
                        .config()
                        .hypervisor()
                        .vmm()
                        .debug());
    }

    @Test
    void whatLooksIntoAGuestIsThatOfTheConfiguration() throws Exception {
        assertThat(debug("")).isEqualTo(VmSpec.Debug.NONE);
        assertThat(debug("extra_monitor_socket = \"hmp\"")).isEqualTo(VmSpec.Debug.NONE);
        assertThat(debug("enable_debug = true\nextra_monitor_socket = \"qmp-pretty\""))
                .isEqualTo(
                        new VmSpec.Debug(
                                true, Optional.of(VmSpec.Monitor.QMP_PRETTY), Optional.empty()));
        assertThat(debug("guest_memory_dump_path = \"/d\"\nguest_memory_dump_paging = true"))
                .isEqualTo(
                        new VmSpec.Debug(
                                false,
                                Optional.empty(),
                                Optional.of(new VmSpec.MemoryDump(Path.of("/d"), true))));
    }

    @Test
    void whatAgentsReadFromTheCommandLineIsThereIfItWasAskedFor() throws Exception {
        assertThat(
                        words(
                                "initrd = \"DIR/kata.initrd\"",
                                """
                                log_level = "trace"
                                container_pipe_size = 65536
                                [agent.kata.mem_agent]
                                memcg_swap = true
                                compact_order = 8
                                mem_agent_enable = true
                                """))
                .containsExactly(
                        "selinux=0",
                        "agent.use_vsock=false",
                        "agent.log=trace",
                        "agent.container_pipe_size=65536",
                        "agent.mem_agent_enable=1",
                        "agent.mem_agent_memcg_swap=true",
                        "agent.mem_agent_compact_order=8");
    }

    @Test
    void anInitrdOfSomebodyElseIsToldHowItIsReached() throws Exception {
        assertThat(words("initrd = \"DIR/kata.initrd\"", "enable_debug = true"))
                .containsExactly("selinux=0", "agent.use_vsock=false", "agent.log=debug");
    }

    @Test
    void theShellOfTheDebugConsoleIsWhereSayaExecLooksForIt() throws Exception {
        assertThat(shellWords("virtio-serial"))
                .contains("agent.debug_console")
                .noneMatch(word -> word.startsWith("agent.debug_console_vport"));
        assertThat(shellWords("hybrid-vsock"))
                .containsSequence("agent.debug_console", "agent.debug_console_vport=1026");
    }

    @Test
    void theLogGoesByVsockWhereThereIsSoMuchOfItThatAConsoleWouldHoldTheAgentUp() throws Exception {
        String daemon = "vhost_user_vsock_daemon = \"DIR/virtiofsd\"\n";
        assertThat(words("initrd = \"DIR/kata.initrd\"", "hybrid-vsock", daemon))
                .noneMatch(word -> word.startsWith("agent.log_vport"));
        assertThat(
                        words(
                                "initrd = \"DIR/kata.initrd\"",
                                "hybrid-vsock",
                                daemon + "enable_debug = true\n"))
                .containsSequence("agent.log=debug", "agent.log_vport=1025");
        assertThat(words("initrd = \"DIR/kata.initrd\"", "enable_debug = true"))
                .noneMatch(word -> word.startsWith("agent.log_vport"));
    }

    @Test
    void agentsTraceWhereTheirSpansHaveAWayOut() throws Exception {
        String tracing = "enable_tracing = true\n";
        assertThat(words("initrd = \"DIR/kata.initrd\"", tracing)).doesNotContain(TRACE);
        assertThat(
                        words(
                                "initrd = \"DIR/kata.initrd\"",
                                "hybrid-vsock",
                                tracing + "vhost_user_vsock_daemon = \"DIR/virtiofsd\"\n"))
                .doesNotContain(TRACE);
        // Whether the host has the device is checked when a file is loaded.
        ConfigLoader loader = new ConfigLoader(directory);
        String vsock = "[agent.kata]\ntransport = \"vsock\"\n";
        String other = "[hypervisor.qemu]\ninitrd = \"/kata.initrd\"\n";
        assertThat(VmPlan.kernelParameters(loader.parse(other + vsock + tracing).config()))
                .contains(TRACE);
        assertThat(VmPlan.kernelParameters(loader.parse(other + vsock).config()))
                .doesNotContain(TRACE);
        assertThat(VmPlan.kernelParameters(loader.parse(vsock + tracing).config()))
                .doesNotContain(TRACE);
    }

    private List<String> shellWords(String transport) throws Exception {
        return words(
                "initrd = \"DIR/kata.initrd\"",
                transport,
                """
                debug_console_enabled = true
                vhost_user_vsock_daemon = "DIR/virtiofsd"
                """);
    }

    @Test
    void furtherImagesAreDisksThatTheGuestIsToldOf() throws Exception {
        String verity =
                "root_hash=%s,data_blocks=8,data_block_size=4096,hash_block_size=4096"
                        .formatted("ab".repeat(32));
        GuestConfig guest =
                new ConfigLoader(directory)
                        .parse(
                                """
                                [[hypervisor.qemu.guest_extension_images]]
                                name = "coco"
                                path = "/coco.img"
                                verity_params = "%s"
                                [[hypervisor.qemu.guest_extension_images]]
                                name = "gpu"
                                path = "/gpu.img"
                                """
                                        .formatted(verity))
                        .config()
                        .hypervisor()
                        .guest();
        assertThat(VmPlan.extensions(guest))
                .containsExactly(
                        new VmDevice.Block("extension-coco", Path.of("/coco.img"), true),
                        new VmDevice.Block("extension-gpu", Path.of("/gpu.img"), true));
        assertThat(
                        words(
                                """
                                image = "DIR/kata.img"
                                guest_extension_images = [
                                  { name = "coco", path = "/coco.img", verity_params = "%s" },
                                  { name = "gpu", path = "/gpu.img" }]
                                """
                                        .formatted(verity),
                                ""))
                .endsWith(
                        "kata.extension.coco.verity_params=" + verity,
                        "kata.extension.gpu.verity_params");
    }
}
