package io.saya.network.netlink;

import java.io.IOException;

/** The kernel refused a message. */
public final class NetlinkFailure extends IOException {
    private static final long serialVersionUID = 1;

    private final int sequence;
    private final int errno;

    NetlinkFailure(String operation, int sequence, int errno) {
        super(operation + ": " + describe(errno));
        this.sequence = sequence;
        this.errno = errno;
    }

    public int errno() {
        return errno;
    }

    /** The place in its batch of the message that was refused, from 1; later ones were not sent. */
    int sequence() {
        return sequence;
    }

    private static String describe(int errno) {
        return switch (errno) {
            case 1 -> "operation not permitted";
            case 2 -> "no such entry";
            case 16 -> "device or resource busy";
            case 17 -> "exists already";
            case 19 -> "no such interface";
            case 22 -> "invalid argument";
            case 95 -> "not supported by the host's kernel";
            default -> "errno " + errno;
        };
    }
}
