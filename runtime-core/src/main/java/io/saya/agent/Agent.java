package io.saya.agent;

import io.saya.failure.RuntimeFailure;
import io.saya.io.GuestStreams;
import io.saya.network.GuestNetwork;
import io.saya.network.sockets.SocketGuest;
import io.saya.ttrpc.HeldClient;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The agent of one guest. Methods block the calling (virtual) thread, each with a deadline, and
 * fail with a {@link RuntimeFailure}: NOT_FOUND for a container or process that the agent does not
 * know (any more), DEADLINE_EXCEEDED, UNAVAILABLE when the connection is gone, otherwise what the
 * agent answered. Futures complete on a thread that must not block. Thread safe.
 *
 * <p>What agents do with these calls: agent-proto/api/agents.md. The exec id of a container's first
 * process is the container's id.
 */
public interface Agent extends SocketGuest, AutoCloseable {

    /** Asks whether the agent is there. */
    void check(Duration timeout) throws RuntimeFailure;

    /** Sets the guest's clock, which is then late by as long as this message travels. */
    void setTime(Instant time) throws RuntimeFailure;

    /**
     * Gives the guest's kernel random numbers that it makes all later ones from.
     *
     * @param secret 1 to 4096 bytes that nobody else has
     */
    void reseed(byte[] secret) throws RuntimeFailure;

    /** Makes the sandbox in the guest: host name, DNS, the shared file system. */
    void createSandbox(SandboxSetup setup) throws RuntimeFailure;

    /**
     * Gives the guest its interfaces, routes and neighbours. The cards must be there, or appear
     * within a moment.
     */
    void configureNetwork(GuestNetwork network) throws RuntimeFailure;

    /**
     * Tells the guest all routes that it is to have, which may be none, and neighbours. The default
     * guest's agent removes those that it was told earlier and that are not among them, others keep
     * them (agent-proto/api/agents.md#the-network).
     */
    void updateRoutes(GuestNetwork network) throws RuntimeFailure;

    /**
     * Connects to a port of the guest's localhost; the streams are the connection's two directions.
     * UNIMPLEMENTED with agents other than the default guest's.
     */
    GuestStreams connectPort(int port) throws RuntimeFailure;

    /**
     * Takes what is asked of a name server at this address of the guest's loopback. Each message is
     * behind its length and the number of its client, which belongs with the answer
     * (agent/ports.proto). UNIMPLEMENTED with agents other than the default guest's.
     */
    GuestStreams serveNames(String address) throws RuntimeFailure;

    /** Returns what this agent can do. */
    GuestDetails details() throws RuntimeFailure;

    /**
     * Makes a container; its program does not run yet. Fails if the program does not exist.
     *
     * @param pod limits of all containers together
     * @param storages mounted first, in this order, and unmounted when the container is removed
     * @param sharedPidNamespace join the pid namespace that the sandbox's containers share
     */
    void createContainer(
            String containerId,
            GuestSpec spec,
            GuestResources pod,
            List<GuestStorage> storages,
            boolean sharedPidNamespace)
            throws RuntimeFailure;

    /**
     * Tells a volume's files again, all of them, which have changed; without effect once no
     * container uses it any more. Only with an agent that {@linkplain AgentTrait#KEEPS_FILES keeps
     * files}.
     */
    void updateFiles(GuestStorage volume) throws RuntimeFailure;

    /** Runs the program of a container. */
    void startContainer(String containerId) throws RuntimeFailure;

    /** Makes and runs a further process of a container. */
    void execProcess(String containerId, String execId, GuestProcess process) throws RuntimeFailure;

    /** Sends a signal to one process; NOT_FOUND if it has ended. */
    void signalProcess(String containerId, String execId, int signal) throws RuntimeFailure;

    /**
     * Sends a signal to every process of a container. The default guest's agent and Kata's 2.4 to
     * 3.x do so for every signal, Kata's 4.x for SIGKILL only: any other reaches the first process
     * alone there, and with agents before 2.4 SIGKILL does too
     * (agent-proto/api/agents.md#signals-and-ends).
     */
    void signalContainer(String containerId, int signal) throws RuntimeFailure;

    /**
     * Completes with the exit status when the process has ended; exceptionally with a {@link
     * RuntimeFailure}. No deadline.
     */
    CompletableFuture<Integer> waitProcess(String containerId, String execId);

    /** The standard streams of a process. */
    GuestStreams streams(String containerId, String execId);

    /** Sets the size of a terminal. */
    void resizeTerminal(String containerId, String execId, int rows, int columns)
            throws RuntimeFailure;

    /**
     * Sets limits.
     *
     * @param pod limits of all containers together
     */
    void update(String containerId, GuestResources resources, GuestResources pod)
            throws RuntimeFailure;

    /**
     * Has the guest use hardware that was plugged. Returns when all CPUs are online; memory may
     * take longer.
     *
     * @param vcpus how many virtual CPUs there are in all
     * @param added how many of them are new
     * @param memory whether there is new memory
     */
    void useNewHardware(int vcpus, int added, boolean memory) throws RuntimeFailure;

    /**
     * Has the guest swap to a disk that was plugged. UNIMPLEMENTED with agents of Kata before 2.2.
     *
     * @param place where the guest finds it: its PCI path, {@code 1e/00}
     */
    void addSwap(String place) throws RuntimeFailure;

    /**
     * Has the guest's kernel give up what the containers have in memory and can have again, page
     * cache above all. UNIMPLEMENTED with agents other than the default guest's.
     *
     * @param bytes how much of it, at least 0
     * @return how much became free, as the guest says; it may be more or less
     */
    long reclaim(long bytes) throws RuntimeFailure;

    /**
     * Returns what a container uses. Cut to what an honest guest tells: 64 entries of each list,
     * with short plain names, in 256 KiB.
     */
    ContainerUsage stats(String containerId) throws RuntimeFailure;

    /**
     * Returns what the agent tells of itself and of the guest, in Prometheus' text format as it
     * came. Agents before Kata 2.0 fail with UNIMPLEMENTED.
     */
    GuestMetrics metrics(Duration limit) throws RuntimeFailure;

    /**
     * Has the agent refuse what a policy does not allow, from now on.
     *
     * @param policy in Rego
     */
    void setPolicy(String policy) throws RuntimeFailure;

    /** Freezes a container. */
    void pause(String containerId) throws RuntimeFailure;

    /** Thaws it. */
    void resume(String containerId) throws RuntimeFailure;

    /** Ends what is left of a container and forgets it. */
    void removeContainer(String containerId) throws RuntimeFailure;

    /** Completes when a container ran out of memory. No deadline; one call at a time. */
    CompletableFuture<OutOfMemory> nextOutOfMemory();

    /** Ends all containers, writes files back, and shuts the guest down. The reply may be lost. */
    void destroySandbox(Duration timeout) throws RuntimeFailure;

    /**
     * Holds the connection for another daemon: nothing is read of it or sent by it until {@link
     * #release}. Blocks.
     *
     * @param quiet told how many waits for processes and how many reads of output wait for their
     *     answers, when nothing else does; must not block
     * @return empty if that did not come true within {@code limit}; nothing is held then
     * @throws RuntimeFailure FAILED_PRECONDITION if it is such that nobody else can go on with it
     */
    default Optional<HeldClient> hold(Quiet quiet, Duration limit) {
        throw RuntimeFailure.failedPrecondition(
                "the connection to the agent cannot be handed over");
    }

    /** Goes on after {@link #hold}. */
    default void release() {}

    /** Says whether nothing is going on but what calls tell that have no answer. */
    @FunctionalInterface
    interface Quiet {
        /**
         * Says it for what has no answer now.
         *
         * @param waits calls that wait for the end of a process
         * @param reads calls that wait for output
         */
        boolean with(int waits, int reads);
    }

    /**
     * Completes, never exceptionally, with the reason when the connection is gone; {@link #close()}
     * counts.
     */
    CompletableFuture<String> lost();

    /** Ends the connection. Every call that is under way fails with UNAVAILABLE. */
    @Override
    void close();
}
