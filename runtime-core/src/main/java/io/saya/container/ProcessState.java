package io.saya.container;

/**
 * A state in the life of a process: the first process of a container, or an exec. A state is what
 * clients may see: a process whose end is known but must not be seen yet (its VM still runs) is not
 * {@link Stopped}.
 */
public sealed interface ProcessState {

    /** Known, not running. In: Create or Exec. Out: start, or its end before it ever ran. */
    record Created() implements ProcessState {}

    /** The guest was asked to run it and has not answered. */
    record Starting() implements ProcessState {}

    /** It runs, or ran and its end is not public yet. */
    record Running() implements ProcessState {}

    /** It has ended, and everyone may know. Final. */
    record Stopped(ExitStatus exit) implements ProcessState {}
}
