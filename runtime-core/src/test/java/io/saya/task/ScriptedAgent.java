package io.saya.task;

import com.google.protobuf.ByteString;
import io.saya.agent.Agent;
import io.saya.agent.AgentTrait;
import io.saya.agent.ContainerUsage;
import io.saya.agent.GuestDetails;
import io.saya.agent.GuestMetrics;
import io.saya.agent.GuestProcess;
import io.saya.agent.GuestResources;
import io.saya.agent.GuestSpec;
import io.saya.agent.GuestSpec.GuestAbilities;
import io.saya.agent.GuestStorage;
import io.saya.agent.OutOfMemory;
import io.saya.agent.SandboxSetup;
import io.saya.agent.SentMessages;
import io.saya.failure.RuntimeFailure;
import io.saya.io.GuestStreams;
import io.saya.network.GuestNetwork;
import io.saya.network.sockets.HostSocket;
import io.saya.text.PlainText;
import io.saya.ttrpc.HeldClient;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * An agent in memory: processes run until they are signalled, told to exit, or the connection goes.
 * It can be made deaf.
 */
public final class ScriptedAgent implements Agent {
    private final Queue<byte[]> seeds = new ConcurrentLinkedQueue<>();
    private final Queue<Instant> times = new ConcurrentLinkedQueue<>();

    private final Map<String, CompletableFuture<Integer>> processes = new ConcurrentHashMap<>();
    private final CompletableFuture<String> lost = new CompletableFuture<>();
    private final CompletableFuture<OutOfMemory> outOfMemory = new CompletableFuture<>();
    private volatile boolean deaf;
    private volatile Set<AgentTrait> traits = Set.of(AgentTrait.CONNECTS_PORTS);
    private volatile String refusal = "";
    private volatile @Nullable Throwable startFailure;
    private volatile @Nullable Error createFailure;
    private final Map<String, RuntimeException> brokenWaits = new ConcurrentHashMap<>();
    private final Map<String, RuntimeException> waitFailures = new ConcurrentHashMap<>();
    private volatile boolean disobedient;
    private volatile boolean restless;
    private volatile CompletableFuture<Void> signalsAnswered =
            CompletableFuture.completedFuture(null);

    private final List<Long> reclaimed = new CopyOnWriteArrayList<>();

    /** Signals as they arrived: {@code 9 to app1/e1}, {@code 9 to all of app1}. */
    final List<String> signals = new CopyOnWriteArrayList<>();

    /** Whose exits were asked for: {@code app1/e1}. */
    final List<String> waited = new CopyOnWriteArrayList<>();

    /** Done when the guest works on an exec. */
    final CompletableFuture<Void> execAsked = new CompletableFuture<>();

    private final CompletableFuture<Void> createAsked = new CompletableFuture<>();
    private volatile boolean holdsCreates;

    private volatile CompletableFuture<Void> execAllowed = CompletableFuture.completedFuture(null);

    /** What each container uses. */
    volatile ContainerUsage usage = ContainerUsage.NONE;

    /** From now on, programs of containers and execs do not start. */
    void failStart(Throwable why) {
        startFailure = why;
    }

    /** No exit is told in this container: the question is answered like this. */
    void failWait(String containerId, RuntimeException why) {
        waitFailures.put(containerId, why);
    }

    /** Nobody can even ask for an exit in this container. */
    void breakWait(String containerId, RuntimeException why) {
        brokenWaits.put(containerId, why);
    }

    /** From now on, no container can be made. */
    void failCreates(Error why) {
        createFailure = why;
    }

    /** Done when the guest is asked to pause a container. */
    final CompletableFuture<Void> pauseAsked = new CompletableFuture<>();

    private final AtomicReference<@Nullable CompletableFuture<Void>> pauseAllowed =
            new AtomicReference<>();

    /** The next pause is answered when the caller completes the result. */
    CompletableFuture<Void> holdPause() {
        CompletableFuture<Void> allowed = new CompletableFuture<>();
        pauseAllowed.set(allowed);
        return allowed;
    }

    /** From now on, signals are taken and nothing ends. */
    void disobey() {
        disobedient = true;
    }

    /** From now on, signals alone are not answered. */
    void leaveSignalsUnanswered() {
        signalsAnswered = new CompletableFuture<>();
    }

    /** Those that wait arrive. */
    void answerSignals() {
        signalsAnswered.complete(null);
    }

    /** Execs are answered when the caller completes the result. */
    CompletableFuture<Void> holdExecs() {
        CompletableFuture<Void> allowed = new CompletableFuture<>();
        execAllowed = allowed;
        return allowed;
    }

    /** Done when the guest is asked to remove a container. */
    final CompletableFuture<Void> removalAsked = new CompletableFuture<>();

    private volatile CompletableFuture<Void> removalAllowed =
            CompletableFuture.completedFuture(null);

    /** Containers are removed when the caller completes the result. */
    CompletableFuture<Void> holdRemoval() {
        CompletableFuture<Void> allowed = new CompletableFuture<>();
        removalAllowed = allowed;
        return allowed;
    }

    /** Creates of containers are not answered any more. The result is done when there is one. */
    CompletableFuture<Void> holdCreates() {
        holdsCreates = true;
        return createAsked;
    }

    /** From now on nothing is answered any more. */
    public void becomeDeaf() {
        deaf = true;
    }

    /** It behaves as other agents do. To be called before the boot. */
    void behaveLike(AgentTrait... others) {
        traits = Set.of(others);
    }

    /** There is always some call of it that has no answer, as Kata's agents leave them. */
    void neverRest() {
        restless = true;
    }

    /** The sandbox cannot be made in the guest. */
    void failCreateSandbox(String why) {
        refusal = why;
    }

    /** A process ends by itself. */
    void exit(String containerId, String processId, int status) {
        CompletableFuture<Integer> process = processes.get(containerId + "/" + processId);
        if (process != null) {
            process.complete(status);
        }
    }

    void runOutOfMemory(String containerId) {
        outOfMemory.complete(new OutOfMemory(containerId, OutOfMemory.Exhausted.CONTAINER));
    }

    @Override
    public void check(Duration timeout) {
        answer(timeout);
    }

    @Override
    public void reseed(byte[] secret) {
        seeds.add(secret.clone());
    }

    @Override
    public void setTime(Instant time) {
        times.add(time);
    }

    /** What the guest's random numbers were made from, in order. */
    public List<byte[]> seeds() {
        return List.copyOf(seeds);
    }

    /** What the guest's clock was set to, in order. */
    public List<Instant> times() {
        return List.copyOf(times);
    }

    @Override
    public void createSandbox(SandboxSetup setup) {
        answer();
        if (!refusal.isEmpty()) {
            throw RuntimeFailure.internal("agent, CreateSandbox: " + refusal, null);
        }
    }

    @Override
    public void setPolicy(String policy) {
        answer();
    }

    @Override
    public void configureNetwork(GuestNetwork network) {
        answer();
    }

    @Override
    public void updateRoutes(GuestNetwork network) {
        answer();
    }

    @Override
    public GuestStreams connectPort(int port) {
        throw RuntimeFailure.unavailable("nobody listens", null);
    }

    @Override
    public GuestStreams serveNames(String address) {
        throw new AssertionError("no names are asked for");
    }

    @Override
    public GuestStreams serveSockets() {
        throw new AssertionError("no sockets are forwarded");
    }

    @Override
    public void offerSocket(int number, HostSocket socket) {
        throw new AssertionError("no sockets are forwarded");
    }

    @Override
    public void mountSocket(int number, String containerId, String path) {
        throw new AssertionError("no sockets are forwarded");
    }

    @Override
    public GuestStreams socketConnection(int connection) {
        throw new AssertionError("no sockets are forwarded");
    }

    @Override
    public GuestDetails details() {
        return new GuestDetails(PlainText.line("test", 64), new GuestAbilities(true, true), traits);
    }

    @Override
    public void createContainer(
            String containerId,
            GuestSpec spec,
            GuestResources pod,
            List<GuestStorage> storages,
            boolean sharedPidNamespace) {
        answer();
        if (SentMessages.program(spec).equals("missing")) {
            throw RuntimeFailure.internal(
                    "exec: \"missing\": executable file not found in $PATH", null);
        }
        Error fault = createFailure;
        if (fault != null) {
            throw fault;
        }
        if (holdsCreates) {
            createAsked.complete(null);
            lost.join();
            throw RuntimeFailure.unavailable("the connection is lost: " + lost.join(), null);
        }
        processes.put(containerId + "/" + containerId, new CompletableFuture<>());
    }

    @Override
    public void updateFiles(GuestStorage volume) {
        answer();
    }

    @Override
    public void startContainer(String containerId) {
        answer();
        failStartIfAsked();
    }

    @Override
    public void execProcess(String containerId, String execId, GuestProcess process) {
        answer();
        if (SentMessages.program(process).equals("missing")) {
            throw RuntimeFailure.internal(
                    "exec: \"missing\": executable file not found in $PATH", null);
        }
        execAsked.complete(null);
        execAllowed.join();
        failStartIfAsked();
        processes.put(containerId + "/" + execId, new CompletableFuture<>());
    }

    @Override
    public void signalProcess(String containerId, String execId, int signal) {
        answerSignal();
        signals.add(signal + " to " + containerId + "/" + execId);
        CompletableFuture<Integer> process = processes.get(containerId + "/" + execId);
        if (process == null || process.isDone()) {
            throw RuntimeFailure.notFound("process " + execId);
        }
        if (!disobedient) {
            process.complete(status(signal));
        }
    }

    @Override
    public void signalContainer(String containerId, int signal) {
        answerSignal();
        signals.add(signal + " to all of " + containerId);
        processes.forEach(
                (name, process) -> {
                    if (!disobedient && name.startsWith(containerId + "/")) {
                        process.complete(status(signal));
                    }
                });
    }

    @Override
    public CompletableFuture<Integer> waitProcess(String containerId, String execId) {
        waited.add(containerId + "/" + execId);
        CompletableFuture<Integer> process = processes.get(containerId + "/" + execId);
        CompletableFuture<Integer> answer = new CompletableFuture<>();
        RuntimeException broken = brokenWaits.get(containerId);
        if (broken != null) {
            throw broken;
        }
        RuntimeException failure = waitFailures.get(containerId);
        if (failure != null) {
            answer.completeExceptionally(failure);
            return answer;
        }
        if (process == null) {
            answer.completeExceptionally(RuntimeFailure.notFound("process " + execId));
            return answer;
        }
        var _ =
                process.thenAccept(
                        status -> {
                            if (!deaf) {
                                answer.complete(status);
                            }
                        });
        var _ =
                lost.thenAccept(
                        why -> answer.completeExceptionally(RuntimeFailure.unavailable(why, null)));
        return answer;
    }

    /**
     * Nothing of it is on its way but the ends of the processes that run, unless it never rests.
     */
    @Override
    public Optional<HeldClient> hold(Quiet quiet, Duration limit) {
        int waits = (int) processes.values().stream().filter(one -> !one.isDone()).count();
        return !restless && quiet.with(waits, 0)
                ? Optional.of(new HeldClient(0, 1, List.of(), new byte[0]))
                : Optional.empty();
    }

    @Override
    public GuestStreams streams(String containerId, String execId) {
        return new NoStreams();
    }

    @Override
    public void resizeTerminal(String containerId, String execId, int rows, int columns) {
        answer();
    }

    @Override
    public void update(String containerId, GuestResources resources, GuestResources pod) {
        answer();
    }

    @Override
    public void useNewHardware(int vcpus, int added, boolean memory) {
        answer();
    }

    @Override
    public void addSwap(String place) {
        answer();
    }

    @Override
    public long reclaim(long bytes) {
        answer();
        reclaimed.add(bytes);
        return bytes;
    }

    /** How much page cache was to be given up, in order; all of it was. */
    public List<Long> reclaimed() {
        return List.copyOf(reclaimed);
    }

    @Override
    public GuestMetrics metrics(Duration limit) {
        return new GuestMetrics("", false);
    }

    @Override
    public ContainerUsage stats(String containerId) {
        answer();
        return usage;
    }

    @Override
    public void pause(String containerId) {
        answer();
        CompletableFuture<Void> allowed = pauseAllowed.getAndSet(null);
        if (allowed != null) {
            pauseAsked.complete(null);
            allowed.join();
        }
    }

    @Override
    public void resume(String containerId) {
        answer();
    }

    @Override
    public void removeContainer(String containerId) {
        removalAsked.complete(null);
        try {
            removalAllowed.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Error fault) {
                throw fault;
            }
            throw e;
        }
        answer();
        processes.keySet().removeIf(name -> name.startsWith(containerId + "/"));
    }

    @Override
    public CompletableFuture<OutOfMemory> nextOutOfMemory() {
        if (outOfMemory.isDone()) {
            CompletableFuture<OutOfMemory> ended = new CompletableFuture<>();
            var _ =
                    lost.thenAccept(
                            why ->
                                    ended.completeExceptionally(
                                            RuntimeFailure.unavailable(why, null)));
            return ended;
        }
        return outOfMemory.copy();
    }

    @Override
    public void destroySandbox(Duration timeout) {
        answer(timeout);
    }

    @Override
    public CompletableFuture<String> lost() {
        return lost;
    }

    @Override
    public void close() {
        lost.complete("closed");
    }

    private int status(int signal) {
        return traits.contains(AgentTrait.SIGNAL_IS_PLAIN_STATUS) ? signal : 128 + signal;
    }

    private void failStartIfAsked() {
        switch (startFailure) {
            case null -> {}
            case RuntimeException failure -> throw failure;
            case Error fault -> throw fault;
            case Throwable other -> throw new AssertionError(other);
        }
    }

    private void answerSignal() {
        CompletableFuture.anyOf(signalsAnswered, lost).join();
        answer();
    }

    private void answer() {
        answer(Duration.ofSeconds(60));
    }

    private void answer(Duration timeout) {
        if (lost.isDone()) {
            throw RuntimeFailure.unavailable("the agent's connection is closed", null);
        }
        if (!deaf) {
            return;
        }
        try {
            lost.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            throw RuntimeFailure.unavailable("the agent's connection is closed", null);
        } catch (TimeoutException e) {
            throw RuntimeFailure.deadlineExceeded("the agent does not answer", e);
        } catch (InterruptedException | ExecutionException e) {
            throw RuntimeFailure.unavailable("interrupted", e);
        }
    }

    private static final class NoStreams implements GuestStreams {
        @Override
        public ByteString readStdout(int max) {
            return ByteString.EMPTY;
        }

        @Override
        public ByteString readStderr(int max) {
            return ByteString.EMPTY;
        }

        @Override
        public boolean keepsOutput() {
            return true;
        }

        @Override
        public ByteString readStdout(int max, long position, long done) {
            return ByteString.EMPTY;
        }

        @Override
        public ByteString readStderr(int max, long position, long done) {
            return ByteString.EMPTY;
        }

        @Override
        public void writeStdin(ByteString data) {}

        @Override
        public void closeStdin() {}

        @Override
        public void close() {}
    }
}
