package io.saya.guest;

import java.time.Duration;

/**
 * The bounds of a sandbox's life that only something broken reaches; tests shorten them.
 *
 * @param stop how long a client waits for a stop. Its steps have bounds of their own; this one
 *     strikes when the kernel does not let go of a process
 * @param boot how much longer than {@code dial_timeout} a boot may take: for what comes before the
 *     agent is spoken to, and after it has answered
 * @param obey how long a container may live on after SIGKILL before its guest is taken for lost. A
 *     process that the guest's kernel cannot end at once (a large memory, a file system that is
 *     slow) gets it; a guest that hides an exit must not keep the pod
 * @param reap how long a process of the host gets to be reaped after SIGKILL, before it is killed
 *     again and that is logged. Only one that is stuck in the kernel takes longer
 *     <p>{@code boot} and {@code obey} are {@link GuestTime}; by the clock, {@code boot} is ten
 *     times as long, and {@code obey} four times: an orchestrator waits two minutes for what it
 *     killed
 */
public record SandboxLimits(Duration stop, Duration boot, Duration obey, Duration reap) {

    public static final SandboxLimits NORMAL =
            new SandboxLimits(
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(5));
}
