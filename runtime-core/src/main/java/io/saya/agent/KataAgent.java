package io.saya.agent;

import com.google.protobuf.ByteString;
import io.saya.failure.RuntimeFailure;
import io.saya.io.GuestStreams;
import io.saya.lifecycle.Pace;
import io.saya.lifecycle.Patience;
import io.saya.lifecycle.Waited;
import io.saya.network.GuestNetwork;
import io.saya.network.sockets.HostSocket;
import io.saya.proto.agent.AddSwapRequest;
import io.saya.proto.agent.AgentClient;
import io.saya.proto.agent.AgentDetails;
import io.saya.proto.agent.CheckRequest;
import io.saya.proto.agent.CreateContainerRequest;
import io.saya.proto.agent.CreateSandboxRequest;
import io.saya.proto.agent.DestroySandboxRequest;
import io.saya.proto.agent.ExecProcessRequest;
import io.saya.proto.agent.GetMetricsRequest;
import io.saya.proto.agent.GetOOMEventRequest;
import io.saya.proto.agent.GuestDetailsRequest;
import io.saya.proto.agent.HealthClient;
import io.saya.proto.agent.KernelModule;
import io.saya.proto.agent.MemoryClient;
import io.saya.proto.agent.OOMEvent;
import io.saya.proto.agent.OnlineCPUMemRequest;
import io.saya.proto.agent.PauseContainerRequest;
import io.saya.proto.agent.PortsClient;
import io.saya.proto.agent.ReclaimRequest;
import io.saya.proto.agent.RemoveContainerRequest;
import io.saya.proto.agent.ReseedRandomDevRequest;
import io.saya.proto.agent.ResumeContainerRequest;
import io.saya.proto.agent.SetGuestDateTimeRequest;
import io.saya.proto.agent.SetPolicyRequest;
import io.saya.proto.agent.SignalProcessRequest;
import io.saya.proto.agent.StartContainerRequest;
import io.saya.proto.agent.StatsContainerRequest;
import io.saya.proto.agent.Storage;
import io.saya.proto.agent.TtyWinResizeRequest;
import io.saya.proto.agent.UpdateContainerRequest;
import io.saya.proto.agent.UpdateEphemeralMountsRequest;
import io.saya.proto.agent.VolumeFile;
import io.saya.proto.agent.WaitProcessRequest;
import io.saya.proto.agent.WaitProcessResponse;
import io.saya.trace.TraceParent;
import io.saya.ttrpc.CallOptions;
import io.saya.ttrpc.HeldClient;
import io.saya.ttrpc.StatusCode;
import io.saya.ttrpc.TtrpcClient;
import io.saya.ttrpc.TtrpcStatusException;
import io.saya.ttrpc.UnaryClient;
import io.saya.ttrpc.wire.Metadata;
import io.saya.ttrpc.wire.MethodName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * An agent of Kata, or of the default guest, over one connection, whatever protocol that carries
 * (agent-proto/api/agents.md). The limits of its calls are those of Kata's clients.
 */
public final class KataAgent implements Agent {

    private static final int HEXADECIMAL = 16;

    /**
     * The limit of requests that have no reason to take longer: five times what Kata's clients
     * allow, since a guest on a busy host may hardly get a processor. A client's own limit is
     * mostly shorter, and a guest that does not answer at all is found by the health check.
     */
    private static final Duration LIMIT = Duration.ofMinutes(5);

    /**
     * How many files of a share the guest may know: for the default guest; Kata's agents ignore it.
     */
    private static final String SHARED_FILES = "io.saya.files=";

    /** The limit of requests that a living guest answers soon: a signal, a window size. */
    private static final Duration SHORT_LIMIT = Duration.ofSeconds(10);

    /** How often the patience with a guest that boots is asked whether it lasts. */
    private static final Duration GLANCE = Duration.ofMillis(500);

    private static final String WAIT = "WaitProcess";
    private static final String OUT_OF_MEMORY = "GetOOMEvent";

    /** Calls that last, and whose answers whoever asks the same again may have. */
    private static final Set<String> REPEATABLE =
            Set.of(WAIT, OUT_OF_MEMORY, "ReadStdout", "ReadStderr");

    private final UnaryClient client;
    private final AgentClient service;
    private final HealthClient health;
    private final ConnectionRequests connections;
    private final MemoryClient memory;
    private final Duration createContainerLimit;
    private final Pace smallReads = AgentOutput.pace();
    private volatile Set<AgentTrait> traits = AgentTrait.of(AgentVersion.UNKNOWN);
    private final CompletableFuture<String> lost = new CompletableFuture<>();

    /** Speaks over {@code client}, which it owns from now on. */
    KataAgent(UnaryClient client, Duration createContainerLimit) {
        this.client = client;
        this.service = new AgentClient(client);
        this.health = new HealthClient(client);
        this.connections = new ConnectionRequests(new PortsClient(client), service, SHORT_LIMIT);
        this.memory = new MemoryClient(client);
        this.createContainerLimit = createContainerLimit;
        client.closed().thenAccept(failure -> lost.complete(String.valueOf(failure.getMessage())));
    }

    @Override
    public void check(Duration timeout) {
        AgentCall.run(
                "Check",
                () ->
                        health.check(
                                CheckRequest.getDefaultInstance(), CallOptions.timeout(timeout)));
    }

    /**
     * Waits for the first answer of an agent that may not be there yet.
     *
     * @throws RuntimeFailure DEADLINE_EXCEEDED when the patience is exhausted, UNAVAILABLE when
     *     this thread is interrupted
     */
    void awaitAnswer(Patience patience) {
        CompletableFuture<?> answer =
                AgentCall.translate(
                        "Check",
                        health.checkAsync(
                                CheckRequest.getDefaultInstance(), CallOptions.noDeadline()));
        switch (Waited.on(answer, patience, GLANCE)) {
            case Waited.Done(var _) -> {}
            case Waited.Failed<?> failed -> throw failed.failure("agent, Check");
            case Waited.TimedOut() ->
                    throw RuntimeFailure.deadlineExceeded(
                            "agent, Check: no answer within dial_timeout", null);
            case Waited.Interrupted() ->
                    throw RuntimeFailure.unavailable(
                            "interrupted while waiting for the agent", null);
        }
    }

    @Override
    public void setTime(Instant time) {
        SetGuestDateTimeRequest request =
                SetGuestDateTimeRequest.newBuilder()
                        .setSec(time.getEpochSecond())
                        .setUsec(TimeUnit.NANOSECONDS.toMicros(time.getNano()))
                        .build();
        AgentCall.run(
                "SetGuestDateTime",
                () -> service.setGuestDateTime(request, CallOptions.timeout(SHORT_LIMIT)));
    }

    @Override
    public void reseed(byte[] secret) {
        ReseedRandomDevRequest request =
                ReseedRandomDevRequest.newBuilder().setData(ByteString.copyFrom(secret)).build();
        AgentCall.run(
                "ReseedRandomDev",
                () -> service.reseedRandomDev(request, CallOptions.timeout(SHORT_LIMIT)));
    }

    @Override
    public void setPolicy(String policy) {
        SetPolicyRequest request = SetPolicyRequest.newBuilder().setPolicy(policy).build();
        try {
            AgentCall.run("SetPolicy", () -> service.setPolicy(request, within(LIMIT)));
        } catch (RuntimeFailure e) {
            if (e.kind() != RuntimeFailure.Kind.UNIMPLEMENTED) {
                throw e;
            }
            throw new RuntimeFailure(
                    RuntimeFailure.Kind.FAILED_PRECONDITION,
                    "policy in [agent.kata]: the guest's agent enforces none (expected: an agent of"
                            + " Kata that is built with agent-policy): "
                            + e.getMessage(),
                    e);
        }
    }

    @Override
    public void createSandbox(SandboxSetup setup) {
        CreateSandboxRequest.Builder request =
                CreateSandboxRequest.newBuilder()
                        .setHostname(setup.names().hostname())
                        .addAllDns(setup.names().dns())
                        .setSandboxId(setup.sandboxId())
                        .setGuestHookPath(setup.guestHookPath())
                        .addStorages(
                                Storage.newBuilder()
                                        .setDriver("virtio-fs")
                                        .setSource(setup.share().tag())
                                        .setFstype("virtiofs")
                                        .addDriverOptions(SHARED_FILES + setup.share().files())
                                        .setMountPoint(setup.share().mountPoint()))
                        .addStorages(
                                Storage.newBuilder()
                                        .setDriver("ephemeral")
                                        .setSource("shm")
                                        .setFstype("tmpfs")
                                        .addAllOptions(
                                                List.of(
                                                        "noexec",
                                                        "nosuid",
                                                        "nodev",
                                                        "mode=1777",
                                                        "size=67108864"))
                                        .setMountPoint(setup.shmMount()));
        for (String line : setup.kernelModules()) {
            String[] words = line.strip().split("\\s+");
            request.addKernelModules(
                    KernelModule.newBuilder()
                            .setName(words[0])
                            .addAllParameters(List.of(words).subList(1, words.length)));
        }
        AgentCall.run("CreateSandbox", () -> service.createSandbox(request.build(), within(LIMIT)));
    }

    @Override
    public void configureNetwork(GuestNetwork network) {
        new NetworkRequests(service, LIMIT).send(network);
    }

    @Override
    public void updateRoutes(GuestNetwork network) {
        new NetworkRequests(service, LIMIT).sendRoutes(network);
    }

    @Override
    public GuestStreams connectPort(int port) {
        return connections.connectPort(port);
    }

    @Override
    public GuestStreams serveNames(String address) {
        return connections.serveNames(address);
    }

    @Override
    public GuestStreams serveSockets() {
        return connections.serveSockets();
    }

    @Override
    public void offerSocket(int number, HostSocket socket) {
        connections.offerSocket(number, socket);
    }

    @Override
    public void mountSocket(int number, String containerId, String path) {
        connections.mountSocket(number, containerId, path);
    }

    @Override
    public GuestStreams socketConnection(int connection) {
        return connections.socketConnection(connection);
    }

    @Override
    public GuestDetails details() {
        AgentDetails details =
                AgentCall.run(
                                "GetGuestDetails",
                                () ->
                                        service.getGuestDetails(
                                                GuestDetailsRequest.getDefaultInstance(),
                                                CallOptions.timeout(LIMIT)))
                        .getAgentDetails();
        GuestDetails known = GuestDetails.of(details.getVersion(), details.getSupportsSeccomp());
        traits = known.traits();
        return known;
    }

    @Override
    public void createContainer(
            String containerId,
            GuestSpec spec,
            GuestResources pod,
            List<GuestStorage> storages,
            boolean sharedPidNamespace) {
        CreateContainerRequest.Builder building =
                CreateContainerRequest.newBuilder()
                        .setContainerId(containerId)
                        .setExecId(containerId)
                        .setOCI(spec.message())
                        .setPodResources(pod.message())
                        .setSandboxPidns(sharedPidNamespace);
        for (GuestStorage storage : storages) {
            building.addStorages(message(storage));
        }
        for (GuestDevice device : spec.devices()) {
            building.addDevicesBuilder()
                    .setType("blk")
                    .setId(device.place())
                    .setContainerPath(device.path());
        }
        CreateContainerRequest request = building.build();
        AgentCall.run(
                "CreateContainer",
                () -> service.createContainer(request, within(createContainerLimit)));
    }

    @Override
    public void updateFiles(GuestStorage volume) {
        UpdateEphemeralMountsRequest request =
                UpdateEphemeralMountsRequest.newBuilder().addStorages(message(volume)).build();
        AgentCall.run(
                "UpdateEphemeralMounts",
                () -> service.updateEphemeralMounts(request, CallOptions.timeout(LIMIT)));
    }

    private static Storage message(GuestStorage storage) {
        Storage.Builder message =
                Storage.newBuilder()
                        .setDriver(storage.driver())
                        .addAllDriverOptions(storage.driverOptions())
                        .setSource(storage.source())
                        .setFstype(storage.type())
                        .addAllOptions(storage.options())
                        .setMountPoint(storage.mountPoint());
        for (GuestFile file : storage.files()) {
            message.addFiles(
                    VolumeFile.newBuilder()
                            .setPath(file.path())
                            .setMode(file.mode())
                            .setUid(file.user())
                            .setGid(file.group())
                            .setContent(file.content()));
        }
        return message.build();
    }

    @Override
    public void startContainer(String containerId) {
        StartContainerRequest request =
                StartContainerRequest.newBuilder().setContainerId(containerId).build();
        AgentCall.run("StartContainer", () -> service.startContainer(request, within(LIMIT)));
    }

    @Override
    public void execProcess(String containerId, String execId, GuestProcess process) {
        ExecProcessRequest request =
                ExecProcessRequest.newBuilder()
                        .setContainerId(containerId)
                        .setExecId(execId)
                        .setProcess(process.message())
                        .build();
        AgentCall.run("ExecProcess", () -> service.execProcess(request, within(LIMIT)));
    }

    @Override
    public void signalProcess(String containerId, String execId, int signal) {
        SignalProcessRequest request =
                SignalProcessRequest.newBuilder()
                        .setContainerId(containerId)
                        .setExecId(execId)
                        .setSignal(signal)
                        .build();
        AgentCall.runOnProcess(
                "SignalProcess", () -> service.signalProcess(request, within(SHORT_LIMIT)));
    }

    @Override
    public void signalContainer(String containerId, int signal) {
        signalProcess(containerId, "", signal);
    }

    @Override
    public CompletableFuture<Integer> waitProcess(String containerId, String execId) {
        WaitProcessRequest request =
                WaitProcessRequest.newBuilder()
                        .setContainerId(containerId)
                        .setExecId(execId)
                        .build();
        return AgentCall.translate(
                "WaitProcess",
                service.waitProcessAsync(request, CallOptions.noDeadline())
                        .thenApply(WaitProcessResponse::getStatus));
    }

    @Override
    public GuestStreams streams(String containerId, String execId) {
        return new AgentStreams(service, containerId, execId, traits, smallReads);
    }

    @Override
    public void resizeTerminal(String containerId, String execId, int rows, int columns) {
        TtyWinResizeRequest request =
                TtyWinResizeRequest.newBuilder()
                        .setContainerId(containerId)
                        .setExecId(execId)
                        .setRow(rows)
                        .setColumn(columns)
                        .build();
        AgentCall.runOnProcess(
                "TtyWinResize",
                () -> service.ttyWinResize(request, CallOptions.timeout(SHORT_LIMIT)));
    }

    @Override
    public void update(String containerId, GuestResources resources, GuestResources pod) {
        UpdateContainerRequest request =
                UpdateContainerRequest.newBuilder()
                        .setContainerId(containerId)
                        .setResources(resources.message())
                        .setPodResources(pod.message())
                        .build();
        AgentCall.run("UpdateContainer", () -> service.updateContainer(request, within(LIMIT)));
    }

    @Override
    public void useNewHardware(int vcpus, int added, boolean memory) {
        int counted = traits.contains(AgentTrait.COUNTS_NEW_CPUS) ? added : vcpus;
        OnlineCPUMemRequest request =
                OnlineCPUMemRequest.newBuilder()
                        .setWait(true)
                        .setNbCpus(added > 0 ? counted : 0)
                        .setCpuOnly(!memory)
                        .build();
        AgentCall.run(
                "OnlineCPUMem", () -> service.onlineCPUMem(request, CallOptions.timeout(LIMIT)));
    }

    @Override
    public void addSwap(String place) {
        AddSwapRequest.Builder request = AddSwapRequest.newBuilder();
        for (String slot : place.split("/", -1)) {
            request.addPCIPath(Integer.parseInt(slot, HEXADECIMAL));
        }
        AgentCall.run(
                "AddSwap", () -> service.addSwap(request.build(), CallOptions.timeout(LIMIT)));
    }

    @Override
    public long reclaim(long bytes) {
        ReclaimRequest request = ReclaimRequest.newBuilder().setBytes(bytes).build();
        return AgentCall.run("Reclaim", () -> memory.reclaim(request, CallOptions.timeout(LIMIT)))
                .getBytes();
    }

    @Override
    public ContainerUsage stats(String containerId) {
        StatsContainerRequest request =
                StatsContainerRequest.newBuilder().setContainerId(containerId).build();
        return GuestFigures.of(
                AgentCall.run(
                        "StatsContainer",
                        () ->
                                service.statsContainer(
                                        request,
                                        CallOptions.timeout(SHORT_LIMIT)
                                                .withAnswerBytes(KataConnector.LIST_BYTES))));
    }

    @Override
    public GuestMetrics metrics(Duration limit) {
        CallOptions options =
                CallOptions.timeout(limit).withAnswerBytes(GuestMetrics.LONGEST_ANSWER);
        try {
            return new GuestMetrics(
                    AgentCall.run(
                                    "GetMetrics",
                                    () ->
                                            service.getMetrics(
                                                    GetMetricsRequest.getDefaultInstance(),
                                                    options))
                            .getMetrics(),
                    false);
        } catch (RuntimeFailure e) {
            if (e.getCause() instanceof TtrpcStatusException status
                    && status.code() == StatusCode.RESOURCE_EXHAUSTED) {
                return new GuestMetrics("", true);
            }
            throw e;
        }
    }

    @Override
    public void pause(String containerId) {
        PauseContainerRequest request =
                PauseContainerRequest.newBuilder().setContainerId(containerId).build();
        AgentCall.run("PauseContainer", () -> service.pauseContainer(request, within(LIMIT)));
    }

    @Override
    public void resume(String containerId) {
        ResumeContainerRequest request =
                ResumeContainerRequest.newBuilder().setContainerId(containerId).build();
        AgentCall.run("ResumeContainer", () -> service.resumeContainer(request, within(LIMIT)));
    }

    @Override
    public void removeContainer(String containerId) {
        RemoveContainerRequest request =
                RemoveContainerRequest.newBuilder().setContainerId(containerId).build();
        AgentCall.runOnProcess(
                "RemoveContainer", () -> service.removeContainer(request, within(SHORT_LIMIT)));
    }

    @Override
    public CompletableFuture<OutOfMemory> nextOutOfMemory() {
        return AgentCall.translate(
                "GetOOMEvent",
                service.getOOMEventAsync(
                                GetOOMEventRequest.getDefaultInstance(), CallOptions.noDeadline())
                        .thenApply(KataAgent::outOfMemory));
    }

    private static OutOfMemory outOfMemory(OOMEvent event) {
        return new OutOfMemory(
                event.getContainerId(), OutOfMemory.Exhausted.of(event.getExhausted()));
    }

    @Override
    public void destroySandbox(Duration timeout) {
        AgentCall.run(
                "DestroySandbox",
                () ->
                        service.destroySandbox(
                                DestroySandboxRequest.getDefaultInstance(),
                                CallOptions.timeout(timeout)));
    }

    /** With the place in a trace that the thread is at, for the agent's own spans. */
    static CallOptions within(Duration limit) {
        CallOptions options = CallOptions.timeout(limit);
        return TraceParent.current()
                .map(place -> options.withMetadata(Metadata.of(TraceParent.KEY, place.text())))
                .orElse(options);
    }

    @Override
    public Optional<HeldClient> hold(Quiet quiet, Duration limit) {
        if (!(client instanceof TtrpcClient connection)) {
            throw RuntimeFailure.failedPrecondition(
                    "the agent does not speak ttrpc, so its connection cannot be handed over");
        }
        return AgentCall.run(
                "hold",
                () ->
                        connection.hold(
                                method -> REPEATABLE.contains(method.method()),
                                methods ->
                                        quiet.with(
                                                count(methods, WAIT),
                                                methods.size()
                                                        - count(methods, WAIT)
                                                        - count(methods, OUT_OF_MEMORY)),
                                limit));
    }

    private static int count(List<MethodName> methods, String name) {
        int count = 0;
        for (MethodName method : methods) {
            count += method.method().equals(name) ? 1 : 0;
        }
        return count;
    }

    @Override
    public void release() {
        if (client instanceof TtrpcClient connection) {
            connection.release();
        }
    }

    /** Takes note of what the agent has told of itself to another daemon. */
    void knownAs(GuestDetails details) {
        traits = details.traits();
    }

    @Override
    public CompletableFuture<String> lost() {
        return lost;
    }

    @Override
    public void close() {
        client.close();
    }
}
