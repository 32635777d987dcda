package io.saya.host;

/** Flags of mount(2) with the kernel's values ({@code linux/mount.h}). */
public enum MountFlag {
    RDONLY(1),
    NOSUID(1 << 1),
    NODEV(1 << 2),
    NOEXEC(1 << 3),
    SYNCHRONOUS(1 << 4),
    REMOUNT(1 << 5),
    MANDLOCK(1 << 6),
    DIRSYNC(1 << 7),
    NOATIME(1 << 10),
    NODIRATIME(1 << 11),
    BIND(1 << 12),
    MOVE(1 << 13),
    REC(1 << 14),
    SILENT(1 << 15),
    UNBINDABLE(1 << 17),
    PRIVATE(1 << 18),
    SLAVE(1 << 19),
    SHARED(1 << 20),
    RELATIME(1 << 21),
    STRICTATIME(1 << 24),
    LAZYTIME(1 << 25);

    private final long bits;

    MountFlag(long bits) {
        this.bits = bits;
    }

    /** The kernel's bit for this flag. */
    public long bits() {
        return bits;
    }
}
