package io.saya.share;

import io.saya.host.MountFlag;
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
 * @param data what is left for the file system, joined by commas
 */
public record MountOptions(Set<MountFlag> flags, Set<MountFlag> propagation, String data) {

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

    /** Takes {@code options} apart; a later word wins over an earlier one. */
    public static MountOptions parse(List<String> options) {
        EnumSet<MountFlag> flags = EnumSet.noneOf(MountFlag.class);
        EnumSet<MountFlag> propagation = EnumSet.noneOf(MountFlag.class);
        List<String> data = new ArrayList<>();
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
            } else if (!option.isEmpty()) {
                data.add(option);
            }
        }
        return new MountOptions(flags, propagation, String.join(",", data));
    }

    /** Whether the mount is a bind of an existing tree. */
    public boolean bind() {
        return flags.contains(MountFlag.BIND);
    }

    /** Whether the mount must not be written to. */
    public boolean readOnly() {
        return flags.contains(MountFlag.RDONLY);
    }

    private static Map.Entry<String, Change> set(String name, MountFlag... flags) {
        return Map.entry(name, new Change(true, List.of(flags)));
    }

    private static Map.Entry<String, Change> clear(String name, MountFlag... flags) {
        return Map.entry(name, new Change(false, List.of(flags)));
    }
}
