package io.saya.host;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Where and as whom a process runs, as far as it differs from the guard. All of it is in force
 * before the program's first instruction.
 *
 * @param inherited descriptors that the program finds open
 * @param user empty: root; of a confined process: a user and a group that no other living sandbox
 *     has
 * @param oomScoreAdj -1000 to 1000; empty: that of the guard
 * @param privileges what it may do
 * @param shown of a confined process: files, directories and device nodes that it finds at the same
 *     paths; read-only, but for a directory that belongs to {@code user}
 */
public record Placement(
        Inherited inherited,
        Optional<User> user,
        OptionalInt oomScoreAdj,
        Privileges privileges,
        List<Path> shown) {

    /** Nothing differs. */
    public static final Placement AS_GUARD =
            new Placement(List.of(), List.of(), Optional.empty(), OptionalInt.empty());

    /** With the privileges of the guard. */
    public Placement(
            List<InheritedFile> files,
            List<InheritedTap> taps,
            Optional<User> user,
            OptionalInt oomScoreAdj) {
        this(
                new Inherited(files, List.of(), Optional.empty(), taps),
                user,
                oomScoreAdj,
                Privileges.INHERITED,
                List.of());
    }

    public Placement {
        shown = List.copyOf(shown);
    }

    /**
     * What the guard opens for a process, as root, and hands to it.
     *
     * @param connections Unix sockets on which somebody listens already; the guard connects to them
     * @param vsock a guest's address, taken from the host's kernel
     * @param taps tap interfaces opened in the process's network namespace
     */
    public record Inherited(
            List<InheritedFile> files,
            List<InheritedConnection> connections,
            Optional<InheritedVsock> vsock,
            List<InheritedTap> taps) {

        static final Inherited NOTHING =
                new Inherited(List.of(), List.of(), Optional.empty(), List.of());

        public Inherited {
            files = List.copyOf(files);
            connections = List.copyOf(connections);
            taps = List.copyOf(taps);
        }

        /** How many descriptors these are. */
        public int count() {
            return files.size() + connections.size() + (vsock.isPresent() ? 1 : 0) + taps.size();
        }
    }

    /** Returns this placement with other privileges. */
    public Placement withPrivileges(Privileges other) {
        return new Placement(inherited, user, oomScoreAdj, other, shown);
    }

    /** Confined, and nothing else: see {@link Privileges#CONFINED}. */
    public static Placement confined(List<Path> shown) {
        return confined(Optional.empty(), shown);
    }

    /** Confined as a user that the caller chooses: no other process may have it. */
    public static Placement confinedAs(User user, List<Path> shown) {
        return confined(Optional.of(user), shown);
    }

    private static Placement confined(Optional<User> user, List<Path> shown) {
        return new Placement(
                Inherited.NOTHING, user, OptionalInt.empty(), Privileges.CONFINED, shown);
    }

    /** Returns this placement with a guest's address. */
    public Placement with(InheritedVsock address) {
        return with(
                new Inherited(
                        inherited.files(),
                        inherited.connections(),
                        Optional.of(address),
                        inherited.taps()));
    }

    /** Returns this placement with other descriptors. */
    public Placement with(
            List<InheritedFile> otherFiles,
            List<InheritedConnection> otherConnections,
            List<InheritedTap> otherTaps) {
        return with(new Inherited(otherFiles, otherConnections, inherited.vsock(), otherTaps));
    }

    private Placement with(Inherited other) {
        return new Placement(other, user, oomScoreAdj, privileges, shown);
    }

    /** What a process may do that others may not. */
    public enum Privileges {
        /** What the guard may. */
        INHERITED,
        /**
         * What the guard may, and a change of its user id takes nothing of it: a file server that
         * takes on the ids of the process that asks keeps the rights that it opens files with
         * (SECBIT_NO_SETUID_FIXUP, locked; capabilities(7)).
         */
        KEPT_AS_ANY_USER,
        /** No capability and no way to one: neither by a program's set-uid bit nor as root. */
        NONE,
        /**
         * As {@link #NONE}, and in a mount, a pid, an IPC and a UTS namespace of its own, with
         * bounds on descriptors and threads, and below a root that has the programs and libraries
         * of the host, {@code /dev/null}, {@code /dev/urandom}, what is shown, and nothing else,
         * all of it read-only. The working directory is that root.
         */
        CONFINED
    }

    /** The file at {@code path}, inherited as the descriptor called {@code name}. */
    public record InheritedFile(String name, Path path, Access access) {

        /** For reading and writing. */
        public InheritedFile(String name, Path path) {
            this(name, path, Access.READ_WRITE);
        }
    }

    /** How a file is opened. */
    public enum Access {
        READ_ONLY,
        READ_WRITE,
        /**
         * For reading and writing; a block device as its only user: it is not mounted, and cannot
         * be meanwhile.
         */
        EXCLUSIVE
    }

    /** A connection to the socket at {@code path}, as the descriptor called {@code name}. */
    public record InheritedConnection(String name, Path path) {}

    /**
     * {@code /dev/vhost-vsock} with a guest's context id, an unsigned number from 3, as the
     * descriptor called {@code name}. One that another guest has is refused (EADDRINUSE).
     */
    public record InheritedVsock(String name, int contextId) {}

    /**
     * The tap interface called {@code interfaceName}, inherited as the descriptor called {@code
     * name}. Frames carry a virtio-net header.
     */
    public record InheritedTap(String name, String interfaceName, TapKind kind) {}

    /** How an interface is opened. */
    public enum TapKind {
        /** A tap with one queue; made if it is not there, and gone with its last descriptor. */
        SINGLE_QUEUE,
        /** One more queue of a tap with several; made if it is not there. */
        MULTI_QUEUE,
        /** The character device of a macvtap interface that exists. */
        MACVTAP
    }

    /** Ids of the host; supplementary groups are dropped. */
    public record User(int uid, int gid) {}
}
