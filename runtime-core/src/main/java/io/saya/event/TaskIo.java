package io.saya.event;

/**
 * The places of a process's standard streams, exactly as the caller named them: paths of FIFOs or
 * URIs, empty for a stream that is absent.
 *
 * @param terminal whether the process has a terminal; stderr is empty then
 */
public record TaskIo(String stdin, String stdout, String stderr, boolean terminal) {

    /** No stream at all, as a pause container has it. */
    public static final TaskIo NONE = new TaskIo("", "", "", false);
}
