package io.saya.host.guard;

/** Numbers of the guard channel; the guard's {@code channel.h} has the same ones. */
final class Frame {
    static final int PROTOCOL_VERSION = 1;

    /** Bytes after the length field: the request id and the type. */
    static final int HEADER = 5;

    /** The most that the guard takes in one request, in bytes after the length field. */
    static final int REQUEST_LIMIT = 256 * 1024;

    /** The most that the guard sends in one frame: the bootstrap bytes and what surrounds them. */
    static final int RECEIVE_LIMIT = (10 << 20) + 64 * 1024;

    static final int PING = 1;
    static final int READY = 2;
    static final int FAILED = 3;
    static final int MOUNT = 4;
    static final int UNMOUNT = 5;
    static final int SPAWN = 6;
    static final int SIGNAL = 7;
    static final int TAIL = 8;
    static final int NETLINK = 9;
    static final int STAND_IN = 10;
    static final int HOOK = 11;
    static final int MONITOR = 12;
    static final int SUCCESSOR = 13;
    static final int TAKE_OVER = 14;
    static final int HOLD = 16;
    static final int RELEASE = 17;

    static final int REPLY = 0x80;
    static final int HELLO = 0x81;
    static final int EXITED = 0x82;
    static final int SUCCESSOR_ENDED = 0x83;

    /** Kind of a descriptor in a spawn request: a listening Unix socket. */
    static final int DESCRIPTOR_LISTEN = 1;

    /** Kind of a descriptor in a spawn request: a file, opened for reading and writing. */
    static final int DESCRIPTOR_OPEN = 2;

    /** Kind of a descriptor in a spawn request: a tap interface. */
    static final int DESCRIPTOR_TAP = 3;

    /** Kind of a descriptor in a spawn request: a queue of a tap interface with several. */
    static final int DESCRIPTOR_TAP_QUEUE = 4;

    /** Kind of a descriptor in a spawn request: a macvtap interface. */
    static final int DESCRIPTOR_MACVTAP = 5;

    /** Kind of a descriptor in a spawn request: a file, opened for reading. */
    static final int DESCRIPTOR_READ = 6;

    /** Kind of a descriptor in a spawn request: connected to a listening Unix socket. */
    static final int DESCRIPTOR_CONNECT = 7;

    /** Kind of a descriptor in a spawn request: a guest's context id, taken from the kernel. */
    static final int DESCRIPTOR_VSOCK = 8;

    /**
     * Kind of a descriptor in a spawn request: a file to open for reading and writing, a block
     * device as its only user.
     */
    static final int DESCRIPTOR_HOLD = 9;

    /** In place of a uid or gid: that of the guard. */
    static final int KEEP_IDENTITY = 0xffffffff;

    /** In place of an oom_score_adj: that of the guard. */
    static final int KEEP_OOM_SCORE = Integer.MIN_VALUE;

    /** Privileges of a process: those of the guard. */
    static final int PRIVILEGES_INHERITED = 0;

    /** Privileges of a process: those of the guard, whatever its user id becomes. */
    static final int PRIVILEGES_KEPT = 1;

    /** Privileges of a process: none. */
    static final int PRIVILEGES_NONE = 2;

    /** Privileges of a process: none, in namespaces and below a root of its own. */
    static final int PRIVILEGES_CONFINED = 3;

    /** Kind of an exit: the value is a signal's number, otherwise an exit code. */
    static final int EXIT_SIGNAL = 1;

    private Frame() {}
}
