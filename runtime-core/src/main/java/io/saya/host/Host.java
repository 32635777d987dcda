package io.saya.host;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/**
 * The privileged operations of the host. All methods are thread safe, block the calling (virtual)
 * thread until the kernel has answered, and fail with an {@link IOException} that names the
 * operation, its arguments and the errno. Each has a deadline.
 */
public interface Host {

    /**
     * mount(2).
     *
     * @param source device, directory or a name without meaning; may be empty
     * @param target existing mount point
     * @param type file system type; empty for bind mounts, remounts and changes of propagation
     * @param flags the flags of mount(2)
     * @param data file system specific options, joined by commas; may be empty
     */
    void mount(String source, Path target, String type, Set<MountFlag> flags, String data)
            throws IOException;

    /** umount2(2). A target that is not a mount point or does not exist is not an error. */
    void unmount(Path target, Set<UnmountFlag> flags) throws IOException;

    /**
     * Sends rtnetlink messages in a network namespace, one after another, and collects what the
     * kernel answers. It ends with the first message that the kernel refuses: its answer is the
     * last one then.
     *
     * @param namespace path of the namespace
     * @param messages whole messages in the host's byte order, each of which asks for an
     *     acknowledgement or a dump
     * @return whole messages, with the sequence numbers of the requests
     * @throws IOException if the namespace cannot be entered or the answers exceed 2 MiB
     */
    byte[] netlink(Path namespace, byte[] messages) throws IOException;

    /**
     * Starts a process as a child of the guard. It is killed when the guard or the JVM dies,
     * whatever the cause, so it cannot outlive its sandbox.
     */
    HostProcess spawn(SpawnSpec spec) throws IOException;

    /**
     * Starts a hook as a child of the guard, in the host's namespaces. A signal to it reaches what
     * it has started as well. It is killed when the guard or the JVM dies.
     */
    HostProcess hook(HookCommand command) throws IOException;

    /**
     * Starts a process that executes nothing and sleeps until it is killed. It has no capability,
     * an empty read-only root, and mount, pid, IPC and UTS namespaces of its own; no signal but
     * SIGKILL and SIGSTOP has an effect on it. It ends with the guard and the JVM, as those of
     * {@link #spawn} do.
     */
    HostProcess standIn(StandInSpec spec) throws IOException;

    /**
     * Hands descriptors to a VMM and has it carry out a command with them. What a refused command
     * did not take, the VMM gives up again.
     *
     * @return the VMM's answer to the command, one line of JSON with {@code return} or {@code
     *     error}; as little to be trusted as the VMM
     * @throws IOException if a descriptor cannot be opened, or the VMM does not take it or does not
     *     answer within some ten seconds
     */
    String command(MonitorCommand command) throws IOException;

    /**
     * A process that another daemon of the same sandbox has had started.
     *
     * @param handle as {@link HostProcess#handle} told there
     * @param name of its program, for messages
     */
    default HostProcess known(int handle, long pid, String name) {
        throw new UnsupportedOperationException();
    }

    /**
     * Has the guard hold an end of a FIFO that this process has open, until {@link #release} or its
     * own end.
     *
     * @param device number of the device that the FIFO is on
     * @param inode its number there
     * @throws IOException if the guard finds no such end here, or cannot hold any more
     */
    default HeldEnd hold(long device, long inode, HeldEnd.Side side) throws IOException {
        throw new IOException("nobody is there to hold an end of a FIFO");
    }

    /** Has the guard give up what it holds; without effect if it does not (any more). */
    default void release(HeldEnd end) throws IOException {
        throw new IOException("nobody is there to give up an end of a FIFO");
    }

    /** A path that leads to what is held, for as long as it is. */
    default Path held(HeldEnd end) throws IOException {
        throw new IOException("nobody is there to hold an end of a FIFO");
    }
}
