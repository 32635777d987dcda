package io.saya.host;

/** How a process on the host ended. */
public sealed interface ProcessExit {

    /** It called exit with this code, 0 to 255. */
    record Code(int code) implements ProcessExit {}

    /** A signal ended it. */
    record Signal(int number) implements ProcessExit {}

    /** The guard is gone; its children are killed by the kernel. */
    record GuardLost() implements ProcessExit {}

    /** For messages: {@code "exit code 1"}, {@code "signal 9"}. */
    default String describe() {
        return switch (this) {
            case Code(int code) -> "exit code " + code;
            case Signal(int number) -> "signal " + number;
            case GuardLost() -> "lost with the guard process";
        };
    }
}
