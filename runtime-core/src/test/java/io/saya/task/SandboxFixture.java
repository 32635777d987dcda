package io.saya.task;

import io.saya.agent.Agent;
import io.saya.config.AgentConfig;
import io.saya.config.ConfigException;
import io.saya.config.RuntimeConfig;
import io.saya.config.load.ConfigLoader;
import io.saya.event.TaskEvent;
import io.saya.event.TaskIo;
import io.saya.guest.GuestLaunch;
import io.saya.guest.SandboxCgroup;
import io.saya.guest.SandboxIdentity;
import io.saya.guest.SandboxLimits;
import io.saya.guest.StartClock;
import io.saya.oci.OciSpec;
import io.saya.sandbox.Sandbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** A sandbox on a fake host, with a fake VM and a scripted agent; everything between is real. */
final class SandboxFixture {

    static final String SANDBOX = "pod0";

    final FakeHost host = new FakeHost();
    final FakeVm vm = new FakeVm();
    final ScriptedAgent agent = new ScriptedAgent();
    final List<TaskEvent> events = new CopyOnWriteArrayList<>();
    final Sandbox sandbox;
    final Tasks tasks;
    private final Path directory;

    SandboxFixture(Path directory) {
        this(directory, SandboxLimits.NORMAL);
    }

    SandboxFixture(Path directory, SandboxLimits limits) {
        this(directory, limits, (agent, _) -> agent);
    }

    /**
     * @param connect how long it takes until the agent answers, and whether it does
     */
    SandboxFixture(
            Path directory,
            SandboxLimits limits,
            BiFunction<ScriptedAgent, FakeVm, Agent> connect) {
        this(directory, limits, connect, configuration(directory));
    }

    SandboxFixture(
            Path directory,
            SandboxLimits limits,
            BiFunction<ScriptedAgent, FakeVm, Agent> connect,
            RuntimeConfig configuration) {
        this.directory = directory;
        SandboxIdentity identity =
                new SandboxIdentity(
                        "test",
                        SANDBOX,
                        directory.resolve(SANDBOX),
                        directory.resolve("run").resolve(SANDBOX));
        this.sandbox =
                new Sandbox(
                        new GuestLaunch(
                                identity,
                                configuration,
                                host,
                                _ -> vm,
                                (_, _, _) -> connect.apply(agent, vm),
                                SandboxCgroup.none(),
                                new StartClock(),
                                limits),
                        events::add);
        this.tasks = new Tasks(sandbox, (_, _) -> new NoStdio());
        var _ = vm.exited().thenRun(host::vmIsGone);
    }

    /** Boots, and creates and starts a pod with one container, {@code app1}. */
    void runPod() {
        createSandboxContainer("sandbox");
        tasks.start(SANDBOX, "");
        create("app1");
        tasks.start("app1", "");
    }

    /** The agent here is dialled in no time: a boot has its limit alone. */
    static RuntimeConfig configuration(Path directory) {
        return configuration(new ConfigLoader(directory).builtIn());
    }

    /** With more than the defaults. */
    static RuntimeConfig configuration(Path directory, String toml) throws ConfigException {
        return configuration(new ConfigLoader(directory).parse(toml).config());
    }

    private static RuntimeConfig configuration(RuntimeConfig config) {
        AgentConfig agent = config.agent();
        return new RuntimeConfig(
                config.hypervisor(),
                new AgentConfig(
                        agent.transport(),
                        agent.vsockDaemon(),
                        agent.enableDebug(),
                        agent.tracing(),
                        agent.debugConsole(),
                        agent.given(),
                        new AgentConfig.Timeouts(
                                Duration.ZERO,
                                agent.timeouts().createContainer(),
                                agent.timeouts().healthCheck())),
                config.runtime(),
                config.factory());
    }

    /** Makes of a container one that CRI-O has made, as far as its bundle tells. */
    void madeByCriO(String id) {
        Path spec = directory.resolve(id).resolve("config.json");
        try {
            String json = Files.readString(spec);
            Files.writeString(
                    spec,
                    json.replace(
                            "\"annotations\":{",
                            "\"annotations\":{\"io.kubernetes.cri-o.ContainerName\":\"c\","));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The bundle and the specification of a container; {@code type} null: started alone. */
    OciSpec bundle(String id, @Nullable String type, String program) {
        try {
            Path bundle = directory.resolve(id);
            Files.createDirectories(bundle.resolve("rootfs"));
            String annotations =
                    type == null
                            ? "{}"
                            : "{\"io.kubernetes.cri.container-type\":\"%s\",\"io.kubernetes.cri.sandbox-id\":\"%s\"}"
                                    .formatted(type, SANDBOX);
            String json =
                    """
                    {"ociVersion":"1.0.2","process":{"args":["%s"],"cwd":"/"},"root":{"path":"rootfs"},
                     "annotations":%s,"linux":{"namespaces":[{"type":"mount"},{"type":"network","path":"/run/netns/none"}]}}
                    """
                            .formatted(program, annotations);
            Files.writeString(bundle.resolve("config.json"), json);
            return OciSpec.parse(json.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Boots and creates the sandbox container. */
    void createSandboxContainer(@Nullable String type) {
        OciSpec spec = bundle(SANDBOX, type, "sleep");
        sandbox.boot(spec);
        tasks.create(request(SANDBOX), spec);
    }

    int create(String id) {
        return tasks.create(request(id), bundle(id, "container", "sleep"));
    }

    CreateRequest request(String id) {
        return new CreateRequest(id, directory.resolve(id), List.of(), TaskIo.NONE);
    }

    Path runDirectory() {
        return sandbox.identity().runDirectory();
    }

    /** Exit events of one process. */
    long exits(String processId) {
        return events.stream()
                .filter(
                        event ->
                                event instanceof TaskEvent.Exit exit
                                        && exit.processId().equals(processId))
                .count();
    }
}
