package io.saya.guest;

import io.saya.container.ExitStatus;

/** Why a sandbox stops; the first cause counts. */
public sealed interface StopCause {

    /** A client asked for it. */
    record Requested() implements StopCause {}

    /** The sandbox container ended by itself. */
    record ContainerExited(ExitStatus exit) implements StopCause {}

    /** The program of the sandbox container could not be started: nobody will use the guest. */
    record StartFailed(String why) implements StopCause {}

    /** The VM ended and nobody had asked. */
    record VmLost(String why) implements StopCause {}

    /** The host's kernel ended the VM, or what it needs, for want of memory. */
    record OutOfMemory(String why) implements StopCause {}

    /** The agent does not answer any more. */
    record AgentLost(String why) implements StopCause {}

    /** virtiofsd ended: the guest has no file systems any more. */
    record ShareLost(String why) implements StopCause {}

    /** The sandbox never came up. */
    record BootFailed(String why) implements StopCause {}

    /** The exit status that clients are told of a process whose own end nobody has seen. */
    default int fallbackStatus() {
        return switch (this) {
            case Requested(), ContainerExited _, OutOfMemory _ -> ExitStatus.KILLED;
            case StartFailed _, VmLost _, AgentLost _, ShareLost _, BootFailed _ ->
                    ExitStatus.UNKNOWN;
        };
    }

    /** True if the guest can still be asked to end its containers and to write its files back. */
    default boolean guestAnswers() {
        return switch (this) {
            case Requested(), ContainerExited _, StartFailed _ -> true;
            case VmLost _, OutOfMemory _, AgentLost _, ShareLost _, BootFailed _ -> false;
        };
    }

    /** The cause in words, for messages and logs. */
    default String describe() {
        return switch (this) {
            case Requested() -> "stop requested";
            case ContainerExited(ExitStatus exit) ->
                    "its container exited with status " + exit.status();
            case StartFailed(String why) -> "its container could not be started: " + why;
            case VmLost(String why) -> "the VM was lost: " + why;
            case OutOfMemory(String why) -> "out of memory: " + why;
            case AgentLost(String why) -> "the agent was lost: " + why;
            case ShareLost(String why) -> "the shared file system was lost: " + why;
            case BootFailed(String why) -> "the VM did not come up: " + why;
        };
    }
}
