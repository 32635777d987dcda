package io.saya.host;

/** Flags of umount2(2) with the kernel's values. */
public enum UnmountFlag {
    FORCE(1),
    DETACH(2),
    EXPIRE(4),
    NOFOLLOW(8);

    private final int bits;

    UnmountFlag(int bits) {
        this.bits = bits;
    }

    /** The kernel's bit for this flag. */
    public int bits() {
        return bits;
    }
}
