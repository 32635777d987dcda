package io.saya.test.agent;

import static io.saya.test.agent.ContractClient.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import com.google.protobuf.Empty;
import io.saya.proto.agent.CheckRequest;
import io.saya.proto.agent.CreateSandboxRequest;
import io.saya.proto.agent.GetOOMEventRequest;
import io.saya.proto.agent.GuestDetailsRequest;
import io.saya.proto.agent.HealthCheckResponse;
import io.saya.proto.agent.PauseContainerRequest;
import io.saya.proto.agent.ResumeContainerRequest;
import io.saya.proto.agent.StartContainerRequest;
import io.saya.proto.agent.StatsContainerRequest;
import io.saya.proto.agent.TtyWinResizeRequest;
import io.saya.proto.agent.oci.LinuxMemory;
import io.saya.proto.agent.oci.LinuxResources;
import io.saya.ttrpc.CallOptions;
import io.saya.ttrpc.ClientOptions;
import io.saya.ttrpc.StatusCode;
import io.saya.ttrpc.TtrpcException;
import io.saya.ttrpc.TtrpcStatusException;
import io.saya.ttrpc.transport.Transport;
import io.saya.ttrpc.wire.MethodName;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/**
 * What Saya relies on in an agent, of whatever release, in terms of the protocol
 * (agent-proto/api/agents.md). The agent must be alone in its guest: a sandbox is made in it.
 */
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AgentContract {

    private static final Duration QUIET = Duration.ofMillis(700);
    private static final Duration FIRST_ANSWER = ContractClient.LIMIT.dividedBy(12);
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;
    private static final LinuxResources NO_LIMITS = LinuxResources.getDefaultInstance();

    private final AtomicInteger numbers = new AtomicInteger();
    private final Transport transport = Transport.open("contract");
    private ContractClient client = notConnected();

    @SuppressWarnings("NullAway") // Set before the first test.
    private static ContractClient notConnected() {
        return null;
    }

    /**
     * Where the agent is; fails once it is clear that there will be none. Asked before each attempt
     * to connect.
     */
    abstract AgentAddress address() throws Exception;

    @BeforeAll
    void makeSandbox() throws Exception {
        client = connect();
        client.agent.createSandbox(
                CreateSandboxRequest.newBuilder()
                        .setHostname("contract")
                        .setSandboxId("contract")
                        .build(),
                ContractClient.SOON);
        client.bringRoot();
    }

    /** How long it may take until somebody accepts a connection. */
    Duration bootLimit() {
        return Duration.ofMinutes(1);
    }

    /**
     * Connects to an agent that may not be there yet. What is sent before it listens may be lost,
     * so it is said again, on another connection, with more and more time for the answer.
     */
    private ContractClient connect() throws Exception {
        var begun = System.nanoTime();
        var limit = FIRST_ANSWER;
        while (true) {
            var address = address();
            ContractClient made = null;
            try {
                made = new ContractClient(address.connect(transport, options()));
                made.health.check(CheckRequest.getDefaultInstance(), CallOptions.timeout(limit));
                return made;
            } catch (TtrpcException e) {
                if (made != null) {
                    made.close();
                    limit = limit.multipliedBy(2);
                }
                var waited = Duration.ofNanos(System.nanoTime() - begun);
                if (made != null
                        ? limit.compareTo(ContractClient.LIMIT) > 0
                        : waited.compareTo(bootLimit()) > 0) {
                    throw e;
                }
                Thread.sleep(PAUSE);
            }
        }
    }

    private static ClientOptions options() {
        return ClientOptions.connectWithin(Duration.ofSeconds(5));
    }

    @AfterAll
    void leave() {
        if (client != null) { // or there is no way to an agent here, and all is left out
            client.close();
        }
        transport.close();
    }

    private String name() {
        return "contract-" + numbers.incrementAndGet();
    }

    private String started(String... arguments) throws Exception {
        var id = name();
        client.run(id, NO_LIMITS, arguments);
        return id;
    }

    private void ended(String container) throws Exception {
        client.signal(container, container, SIGKILL);
        assertThat(client.end(container, container)).isIn(137, SIGKILL);
        client.remove(container);
    }

    @Test
    void itServesAndSaysWhatItIs() throws Exception {
        assertThat(
                        client.health
                                .check(CheckRequest.getDefaultInstance(), ContractClient.SOON)
                                .getStatus())
                .isEqualTo(HealthCheckResponse.ServingStatus.SERVING);
        assertThat(
                        client.agent
                                .getGuestDetails(
                                        GuestDetailsRequest.getDefaultInstance(),
                                        ContractClient.SOON)
                                .getAgentDetails()
                                .getVersion())
                .isNotBlank();
    }

    @Test
    void aContainerLivesAndEnds() throws Exception {
        var id = started("sh", "-c", "echo out; echo err >&2; exit 7");
        assertThat(client.output(id, id).toStringUtf8()).isEqualTo("out\n");
        assertThat(client.errors(id, id).toStringUtf8()).isEqualTo("err\n");
        assertThat(client.end(id, id)).isEqualTo(7);
        client.remove(id);
        assertThatThrownBy(() -> client.execute(id, name(), false, "true"))
                .isInstanceOf(TtrpcStatusException.class);
    }

    @Test
    void outputComesToItsLastByte() throws Exception {
        var id = started("sleep", "1000");
        var exec = name();
        client.execute(id, exec, false, "seq", "1", "100000");
        var expected =
                IntStream.rangeClosed(1, 100_000)
                        .mapToObj(number -> number + "\n")
                        .collect(Collectors.joining());
        assertThat(client.output(id, exec).toStringUtf8()).isEqualTo(expected);
        assertThat(client.end(id, exec)).isZero();
        ended(id);
    }

    @Test
    void theOutputOfProgramsThatEndAtOnceIsNotLost() throws Exception {
        var id = started("sleep", "1000");
        for (int i = 0; i < 20; i++) {
            var exec = name();
            client.execute(id, exec, false, "echo", exec);
            assertThat(client.output(id, exec).toStringUtf8()).isEqualTo(exec + "\n");
            assertThat(client.end(id, exec)).isZero();
        }
        ended(id);
    }

    @Test
    void inputGoesInToItsLastByte() throws Exception {
        var id = started("sleep", "1000");
        var exec = name();
        var data = new byte[1_000_003];
        new Random(1).nextBytes(data);
        client.execute(id, exec, false, "md5sum");
        client.write(id, exec, ByteString.copyFrom(data));
        client.closeInput(id, exec);
        assertThat(client.output(id, exec).toStringUtf8())
                .startsWith(
                        HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(data)));
        assertThat(client.end(id, exec)).isZero();
        ended(id);
    }

    @Test
    void signalsReachTheProcess() throws Exception {
        var id = started("sleep", "1000");
        var exec = name();
        client.execute(
                id,
                exec,
                false,
                "sh",
                "-c",
                "trap 'exit 3' TERM; echo ready; while :; do busybox sleep 0.1; done");
        assertThat(soon(client.reading(id, exec)).getData().toStringUtf8()).isEqualTo("ready\n");
        client.signal(id, exec, SIGTERM);
        assertThat(client.end(id, exec)).isEqualTo(3);
        ended(id);
    }

    @Test
    void aTerminalIsOne() throws Exception {
        var id = started("sleep", "1000");
        var exec = name();
        client.execute(id, exec, true, "sh", "-c", "read line; busybox stty size; exit 5");
        client.agent.ttyWinResize(
                TtyWinResizeRequest.newBuilder()
                        .setContainerId(id)
                        .setExecId(exec)
                        .setRow(33)
                        .setColumn(77)
                        .build(),
                ContractClient.SOON);
        client.write(id, exec, ByteString.copyFromUtf8("go\n"));
        assertThat(client.output(id, exec).toStringUtf8()).contains("33 77\r\n");
        assertThat(client.end(id, exec)).isEqualTo(5);
        ended(id);
    }

    @Test
    void whatAContainerUsesIsTold() throws Exception {
        var id = started("sleep", "1000");
        var stats =
                client.agent
                        .statsContainer(
                                StatsContainerRequest.newBuilder().setContainerId(id).build(),
                                ContractClient.SOON)
                        .getCgroupStats();
        assertThat(stats.getMemoryStats().getUsage().getUsage()).isPositive();
        assertThat(stats.getCpuStats().getCpuUsage().getTotalUsage()).isPositive();
        ended(id);
    }

    @Test
    void aPausedContainerStandsStill() throws Exception {
        var id = started("sh", "-c", "while :; do echo x; busybox sleep 0.05; done");
        assertThat(soon(client.reading(id, id)).getData().isEmpty()).isFalse();
        client.agent.pauseContainer(
                PauseContainerRequest.newBuilder().setContainerId(id).build(), ContractClient.SOON);
        var read = client.reading(id, id);
        // What is in the pipe comes still.
        while (!ContractClient.isSilent(read, QUIET)) {
            read = client.reading(id, id);
        }
        client.agent.resumeContainer(
                ResumeContainerRequest.newBuilder().setContainerId(id).build(),
                ContractClient.SOON);
        assertThat(soon(read).getData().isEmpty()).isFalse();
        ended(id);
    }

    @Test
    void manyProcessesRunAtOnce() throws Exception {
        var id = started("sleep", "1000");
        List<CompletableFuture<String>> outputs = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            var exec = name();
            outputs.add(
                    CompletableFuture.supplyAsync(
                            () -> {
                                try {
                                    client.execute(
                                            id,
                                            exec,
                                            false,
                                            "sh",
                                            "-c",
                                            "busybox cat; echo " + exec);
                                    client.write(id, exec, ByteString.copyFromUtf8("in "));
                                    client.closeInput(id, exec);
                                    var output = client.output(id, exec).toStringUtf8();
                                    return exec + " " + client.end(id, exec) + ": " + output;
                                } catch (Exception e) {
                                    return exec + ": " + e;
                                }
                            }));
        }
        for (var output : outputs) {
            assertThat(output.get(2 * ContractClient.LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .matches("(\\S+) 0: in \\1\n");
        }
        ended(id);
    }

    @Test
    void aCallThatWaitsHoldsNobodyUp() throws Exception {
        var id = started("sleep", "1000");
        var end = client.ending(id, id);
        var read = client.reading(id, id);
        assertThat(ContractClient.isSilent(end, QUIET)).isTrue();
        client.health.check(CheckRequest.getDefaultInstance(), ContractClient.SOON);
        assertThat(read).isNotDone();
        client.signal(id, id, SIGKILL);
        assertThat(soon(end)).isIn(137, SIGKILL);
        client.remove(id);
    }

    @Test
    void whatIsNotThereIsAnErrorAndNothingElse() throws Exception {
        assertThatThrownBy(
                        () ->
                                client.agent.startContainer(
                                        StartContainerRequest.newBuilder()
                                                .setContainerId("nobody")
                                                .build(),
                                        ContractClient.SOON))
                .isInstanceOf(TtrpcStatusException.class);
        assertThatThrownBy(() -> soon(client.ending("nobody", "nobody")))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(TtrpcStatusException.class);
        assertThatThrownBy(
                        () ->
                                client.connection.call(
                                        MethodName.of("grpc.AgentService", "NoSuchMethod"),
                                        Empty.getDefaultInstance(),
                                        Empty.parser(),
                                        ContractClient.SOON))
                .isInstanceOfSatisfying(
                        TtrpcStatusException.class,
                        // Agents of Kata 2 say so by their words.
                        e ->
                                assertThat(e.code() + " " + e.getMessage())
                                        .matches(
                                                "(?s)UNIMPLEMENTED .*|INVALID_ARGUMENT"
                                                        + " /grpc\\.\\S+ does not exist"));
    }

    @Test
    void aRequestThatIsNoneIsRefusedAndTheAgentGoesOn() throws Exception {
        // The field of the container's id, and no text in it. (A CreateContainer without a
        // specification ends agents of Kata 1.x, and their guests.)
        var nonsense = BytesValue.of(ByteString.fromHex("fffe"));
        assertThatThrownBy(
                        () ->
                                client.connection.call(
                                        MethodName.of("grpc.AgentService", "StartContainer"),
                                        nonsense,
                                        Empty.parser(),
                                        ContractClient.SOON))
                .isInstanceOf(TtrpcException.class);
        client.health.check(CheckRequest.getDefaultInstance(), ContractClient.SOON);
    }

    @Test
    void runningOutOfMemoryIsTold() throws Exception {
        var event =
                client.agent.getOOMEventAsync(
                        GetOOMEventRequest.getDefaultInstance(), CallOptions.noDeadline());
        var id = name();
        var limits =
                LinuxResources.newBuilder()
                        .setMemory(LinuxMemory.newBuilder().setLimit(20L << 20).setSwap(20L << 20))
                        .build();
        client.run(id, limits, "dd", "if=/dev/zero", "of=/dev/null", "bs=100M", "count=1");
        client.errors(id, id);
        assertThat(client.end(id, id)).isIn(137, SIGKILL);
        try {
            assertThat(soon(event).getContainerId()).isEqualTo(id);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TtrpcStatusException status
                    && status.code() == StatusCode.UNIMPLEMENTED) {
                abort("this agent tells of no lack of memory");
            }
            throw e;
        } finally {
            client.remove(id);
        }
    }

    @Test
    void aNewConnectionFindsWhatTheOldOneLeft() throws Exception {
        var id = started("sleep", "1000");
        var lost = client.ending(id, id);
        client.close();
        assertThatThrownBy(() -> soon(lost)).isInstanceOf(ExecutionException.class);
        client = connect();
        var exec = name();
        client.execute(id, exec, false, "echo", "again");
        assertThat(client.output(id, exec).toStringUtf8()).isEqualTo("again\n");
        assertThat(client.end(id, exec)).isZero();
        ended(id);
    }
}
