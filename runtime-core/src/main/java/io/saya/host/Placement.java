package io.saya.host;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Where and as whom a process runs, as far as it differs from the guard. All of it is in force
 * before the program's first instruction.
 *
 * @param files opened for reading and writing by the guard, so as root, and inherited
 * @param taps tap interfaces opened in the process's network namespace, and inherited
 * @param user empty: root
 * @param oomScoreAdj -1000 to 1000; empty: that of the guard
 */
public record Placement(
        List<InheritedFile> files,
        List<InheritedTap> taps,
        Optional<User> user,
        OptionalInt oomScoreAdj) {

    /** Nothing differs. */
    public static final Placement AS_GUARD =
            new Placement(List.of(), List.of(), Optional.empty(), OptionalInt.empty());

    public Placement {
        files = List.copyOf(files);
        taps = List.copyOf(taps);
    }

    /** The file at {@code path}, inherited as the descriptor called {@code name}. */
    public record InheritedFile(String name, Path path) {}

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
