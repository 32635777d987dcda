package io.saya.config.option;

/** What must be found on the host at a path. */
public enum PathCheck {
    /** Nothing is looked for. */
    NONE,
    /** A file that can be executed. */
    EXECUTABLE,
    /** A regular file that is not empty. */
    FILE,
    /** Anything that exists. */
    EXISTS
}
