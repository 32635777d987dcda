package io.saya.io;

import io.saya.event.TaskIo;
import java.time.Duration;

/** Opens the host's side of a process's standard streams. Thread safe. */
@FunctionalInterface
public interface StdioOpener {

    /** How long a logger may take until it is ready; after that, opening it has failed. */
    Duration LOGGER_READY_LIMIT = Duration.ofSeconds(10);

    /**
     * Opens the streams without waiting for whoever is at their other ends: FIFOs whose client
     * comes later are normal. Only a logger ({@code binary:}) is waited for, until it says that it
     * is ready, at most {@link #LOGGER_READY_LIMIT}.
     *
     * @param io the streams as containerd named them: each empty (stdin reads an end of file,
     *     output is discarded), the path of a FIFO or of an existing file, or for stdout and stderr
     *     {@code file:///path} or {@code binary:///path?key=value}. With a terminal, all output is
     *     on stdout and stderr is ignored
     * @throws io.saya.failure.RuntimeFailure a stream names what is not supported or cannot be
     *     opened; nothing is left open then. The message names the stream and its value
     */
    ProcessStdio open(TaskIo io, ContainerIdentity container);

    /**
     * Opens streams that another daemon holds and still has open. Until that one has ended, they
     * must not be attached.
     *
     * @throws io.saya.failure.RuntimeFailure as {@link #open}
     */
    default ProcessStdio reopen(TaskIo io, ContainerIdentity container, HeldStdio held) {
        throw new UnsupportedOperationException();
    }
}
