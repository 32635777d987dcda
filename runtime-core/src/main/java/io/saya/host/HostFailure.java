package io.saya.host;

import java.io.IOException;

/**
 * The kernel refused an operation. The message names the operation, its arguments and the reason.
 */
public final class HostFailure extends IOException {
    private static final long serialVersionUID = 1L;

    /** "No such file or directory". */
    public static final int ENOENT = 2;

    /** "Resource temporarily unavailable": a limit of the guard was reached. */
    public static final int EAGAIN = 11;

    /** "Device or resource busy". */
    public static final int EBUSY = 16;

    /** "Invalid argument"; of umount2(2): the target is not a mount point. */
    public static final int EINVAL = 22;

    /** "Address already in use". */
    public static final int EADDRINUSE = 98;

    private final int errno;

    public HostFailure(int errno, String message) {
        super(message);
        this.errno = errno;
    }

    /** The kernel's error number. */
    public int errno() {
        return errno;
    }
}
