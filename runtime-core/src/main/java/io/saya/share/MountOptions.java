package io.saya.share;

import io.saya.host.MountFlag;
import io.saya.share.HostMounts.Access;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Mount options as mount(8) and OCI spell them, taken apart for mount(2).
 *
 * @param flags everything that is a flag, propagation excepted
 * @param propagation flags that change how mount events spread; the kernel wants them in a call of
 *     their own
 * @param recursive flags for the mount and all mounts below it ({@code rro})
 * @param data what is left for the file system, joined by commas
 * @param refused words, most of them for all mounts below, that are not supported: a file system
 *     must not get them, and to pass over one would make the mount weaker than was asked
 */
public record MountOptions(
        Set<MountFlag> flags,
        Set<MountFlag> propagation,
        Set<MountFlag> recursive,
        String data,
        List<String> refused) {

    private record Change(boolean set, List<MountFlag> flags) {}

    private static final Map<String, Change> FLAGS =
            Map.ofEntries(
                    set("ro", MountFlag.RDONLY),
                    clear("rw", MountFlag.RDONLY),
                    set("nosuid", MountFlag.NOSUID),
                    clear("suid", MountFlag.NOSUID),
                    set("nodev", MountFlag.NODEV),
                    clear("dev", MountFlag.NODEV),
                    set("noexec", MountFlag.NOEXEC),
                    clear("exec", MountFlag.NOEXEC),
                    set("sync", MountFlag.SYNCHRONOUS),
                    clear("async", MountFlag.SYNCHRONOUS),
                    set("dirsync", MountFlag.DIRSYNC),
                    set("remount", MountFlag.REMOUNT),
                    set("mand", MountFlag.MANDLOCK),
                    clear("nomand", MountFlag.MANDLOCK),
                    set("noatime", MountFlag.NOATIME),
                    clear("atime", MountFlag.NOATIME),
                    set("nodiratime", MountFlag.NODIRATIME),
                    clear("diratime", MountFlag.NODIRATIME),
                    set("relatime", MountFlag.RELATIME),
                    clear("norelatime", MountFlag.RELATIME),
                    set("strictatime", MountFlag.STRICTATIME),
                    clear("nostrictatime", MountFlag.STRICTATIME),
                    set("lazytime", MountFlag.LAZYTIME),
                    set("silent", MountFlag.SILENT),
                    set("bind", MountFlag.BIND),
                    set("rbind", MountFlag.BIND, MountFlag.REC),
                    set("defaults"));

    private static final Map<String, List<MountFlag>> PROPAGATION =
            Map.of(
                    "private", List.of(MountFlag.PRIVATE),
                    "rprivate", List.of(MountFlag.PRIVATE, MountFlag.REC),
                    "shared", List.of(MountFlag.SHARED),
                    "rshared", List.of(MountFlag.SHARED, MountFlag.REC),
                    "slave", List.of(MountFlag.SLAVE),
                    "rslave", List.of(MountFlag.SLAVE, MountFlag.REC),
                    "unbindable", List.of(MountFlag.UNBINDABLE),
                    "runbindable", List.of(MountFlag.UNBINDABLE, MountFlag.REC));

    /** Words of OCI that add a flag to the mount and to all mounts below it. */
    private static final Map<String, MountFlag> RECURSIVE =
            Map.of(
                    "rro", MountFlag.RDONLY,
                    "rnosuid", MountFlag.NOSUID,
                    "rnodev", MountFlag.NODEV,
                    "rnoexec", MountFlag.NOEXEC);

    /**
     * The other such words (OCI runtime-spec, config.md, "Linux mount options"), and one that the
     * guest's crun does not know and would pass over.
     */
    private static final Set<String> UNSUPPORTED =
            Set.of(
                    "rrw",
                    "rsuid",
                    "rdev",
                    "rexec",
                    "ratime",
                    "rnoatime",
                    "rdiratime",
                    "rnodiratime",
                    "rrelatime",
                    "rnorelatime",
                    "rstrictatime",
                    "rnostrictatime",
                    "nosymfollow",
                    "rsymfollow",
                    "rnosymfollow",
                    "ridmap",
                    "idmap");

    /** Flags and nothing else. */
    static MountOptions of(Set<MountFlag> flags) {
        return new MountOptions(flags, Set.of(), Set.of(), "", List.of());
    }

    /** Takes {@code options} apart; a later word wins over an earlier one. */
    public static MountOptions parse(List<String> options) {
        EnumSet<MountFlag> flags = EnumSet.noneOf(MountFlag.class);
        EnumSet<MountFlag> propagation = EnumSet.noneOf(MountFlag.class);
        EnumSet<MountFlag> recursive = EnumSet.noneOf(MountFlag.class);
        List<String> data = new ArrayList<>();
        List<String> refused = new ArrayList<>();
        for (String option : options) {
            Change change = FLAGS.get(option);
            List<MountFlag> spread = PROPAGATION.get(option);
            if (change != null) {
                if (change.set()) {
                    flags.addAll(change.flags());
                } else {
                    flags.removeAll(change.flags());
                }
            } else if (spread != null) {
                propagation.addAll(spread);
            } else if (RECURSIVE.containsKey(option)) {
                recursive.add(RECURSIVE.get(option));
            } else if (UNSUPPORTED.contains(option)) {
                refused.add(option);
            } else if (!option.isEmpty()) {
                data.add(option);
            }
        }
        return new MountOptions(
                flags, propagation, recursive, String.join(",", data), List.copyOf(refused));
    }

    /** True if the mount is a bind of an existing tree. */
    public boolean bind() {
        return flags.contains(MountFlag.BIND);
    }

    /** True for a bind of the one mount, without those below it. */
    boolean alone() {
        return bind() && !flags.contains(MountFlag.REC);
    }

    /** The access that a guest may have to the mount. */
    Access access() {
        if (recursive.contains(MountFlag.RDONLY)) {
            return Access.READ_ONLY_THROUGHOUT;
        }
        return flags.contains(MountFlag.RDONLY) ? Access.READ_ONLY : Access.WRITABLE;
    }

    /** Returns the word that means the one mount only, and any other word as it is. */
    static String forOneMount(String option) {
        return RECURSIVE.containsKey(option) ? option.substring(1) : option;
    }

    /**
     * @param mount what is to be mounted where, for the message
     * @throws IOException that names words that are not supported, if there are any
     */
    void requireSupported(String mount) throws IOException {
        if (!refused.isEmpty()) {
            throw new IOException(
                    mount
                            + ": option "
                            + String.join(", ", refused)
                            + " is not supported (expected, of those for all mounts below: rro,"
                            + " rnosuid, rnodev, rnoexec)");
        }
    }

    private static Map.Entry<String, Change> set(String name, MountFlag... flags) {
        return Map.entry(name, new Change(true, List.of(flags)));
    }

    private static Map.Entry<String, Change> clear(String name, MountFlag... flags) {
        return Map.entry(name, new Change(false, List.of(flags)));
    }
}
