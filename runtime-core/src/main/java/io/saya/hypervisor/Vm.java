package io.saya.hypervisor;

import io.saya.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A virtual machine whose VMM process exists or has existed. Thread safe. */
public interface Vm {

    /** Process id of the VMM on the host. */
    long pid();

    /**
     * True if the guest did not boot but goes on from where a template's stood: what must be its
     * own, as random numbers and the time, has to be given to it first.
     */
    default boolean restored() {
        return false;
    }

    /** Completes, never exceptionally, when the VMM's process has exited and is reaped. */
    CompletableFuture<VmExit> exited();

    /**
     * Completes, never exceptionally, when the VMM has made the machine and answers; never if it
     * ends before.
     */
    CompletableFuture<Void> vmmReady();

    /**
     * Completes, never exceptionally, when the guest has opened its side of the agent's channel;
     * never if it does not, or where the channel does not tell (vsock).
     */
    CompletableFuture<Void> channelOpen();

    /**
     * Completes, never exceptionally, when the guest has closed its side of the agent's channel
     * after it had opened it. The host's side does not show that; never where the channel does not
     * tell (vsock).
     */
    CompletableFuture<Void> channelClosed();

    /**
     * True while the memory of a guest that panicked is written to a file; the VM ends after that,
     * within a bound.
     */
    default boolean dumping() {
        return false;
    }

    /** The guest's console. */
    GuestConsole console();

    /**
     * The last lines of the guest's console (at most 16 KiB), unprintable bytes replaced; empty if
     * it printed nothing.
     */
    String consoleTail();

    /** Returns what the VMM itself printed last (at most 16 KiB). */
    String vmmOutputTail();

    /** Where the agent in the guest can be reached. */
    AgentEndpoint agent();

    /** How many further cards can be plugged. */
    int freeSlots();

    /**
     * Describes it for another daemon, which goes on with it ({@link Hypervisor#goOn}). Does not
     * block.
     *
     * @throws HypervisorFailure if it has what only this daemon knows of
     */
    default JsonObject held() throws HypervisorFailure {
        throw new HypervisorFailure("this VM cannot be handed over");
    }

    /**
     * Gives the running guest a network card. The VMM makes the tap itself, in its namespace; it
     * ends with the card, or with the VMM.
     *
     * @return where the guest finds the card: its PCI path, {@code 1e/00}
     * @throws HypervisorFailure if there is no slot left or the VMM refuses; nothing is left then.
     *     Where the VMM does not answer the card may come yet, and keeps its slot until {@link
     *     #unplug(VmDevice.Network)}
     */
    String plug(VmDevice.Network card) throws HypervisorFailure;

    /**
     * Takes such a card away. Returns when the guest has let go of it and the tap is gone.
     *
     * @throws HypervisorFailure if the guest does not let go of it; may be called again
     */
    void unplug(VmDevice.Network card) throws HypervisorFailure;

    /** True if the machine has places for disks that come while the guest runs. */
    default boolean takesDisks() {
        return false;
    }

    /**
     * Gives the guest a disk, while it boots or runs; one that it has already (by its id) is used
     * by one more. What is neither read-only nor shared is the guest's alone meanwhile: another VM
     * is refused it, and of a device also who would mount it on the host.
     *
     * @return where the guest finds it: its PCI path, {@code 1e/00}
     * @throws HypervisorFailure if there is no place left, the file cannot be opened or the VMM
     *     refuses; nothing is left then. Where the VMM does not answer the disk may come yet, and
     *     keeps its place
     */
    default String plug(VmDevice.Block disk) throws HypervisorFailure {
        throw new HypervisorFailure("plug disk " + disk.id() + ": this VM has no place for disks");
    }

    /**
     * Takes such a disk away, unless others use it. Returns when the guest has let go of it and the
     * VMM has closed it, or has ended; one that is not there is fine.
     *
     * @throws HypervisorFailure if the guest does not let go of it: the VMM keeps it open; may be
     *     called again
     */
    default void unplug(VmDevice.Block disk) throws HypervisorFailure {
        throw new HypervisorFailure(
                "unplug disk " + disk.id() + ": this VM has no place for disks");
    }

    /** How many virtual CPUs the machine has, used by the guest or not. */
    int vcpus();

    /**
     * Gives the running guest virtual CPUs, within the machine's room, or takes them away, but none
     * of those of the start and none that the VMM cannot take away. New ones are not used before
     * the guest brings them online; one that is taken away has been let go of by the guest when
     * this returns.
     *
     * @return how many there are now
     * @throws HypervisorFailure if the VMM refuses or the guest does not let go of one; there may
     *     be fewer or more than before then
     */
    int setVcpus(int vcpus) throws HypervisorFailure;

    /**
     * True if {@link #setVcpus} gave fewer than it was asked for only for a while: ask again some
     * seconds later. Never blocks.
     */
    default boolean moreVcpusLater() {
        return false;
    }

    /**
     * The threads of the host that run the virtual CPUs, by the numbers of these; one thread may
     * run several.
     */
    List<Long> cpuThreads() throws HypervisorFailure;

    /** How much memory the guest has taken of what it was offered, and that of the start. */
    int memoryMib() throws HypervisorFailure;

    /**
     * Offers the running guest memory, within the machine's room, or asks it to give some back, but
     * none of that of the start. Returns at once; {@link #memoryMib} tells how far it has come,
     * which may be short of what was asked for.
     *
     * @param mib of the whole machine
     * @return what it will be if the guest does as it is told: {@code mib} rounded up, within the
     *     room; less where not all of it can come at once: ask again when the guest has taken that,
     *     or where nothing can be given back
     */
    int requestMemory(int mib) throws HypervisorFailure;

    /** Stops the guest's CPUs. */
    void pause() throws HypervisorFailure;

    /** Lets the guest's CPUs run again. */
    void resume() throws HypervisorFailure;

    /**
     * Ends the VM: asks the VMM to quit, kills it when it has not gone within {@code grace} (zero:
     * kills at once). Returns when the process is reaped. Total: works on a VM that is gone,
     * stopped by SIGSTOP, or deaf; may be called many times and at once.
     */
    void stop(Duration grace);
}
