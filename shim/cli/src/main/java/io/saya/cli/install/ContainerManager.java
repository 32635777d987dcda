package io.saya.cli.install;

import io.saya.cli.call.CommandFailure;
import java.io.IOException;
import java.util.List;

/** A program that starts containers and has to know of this runtime. Calls block. */
sealed interface ContainerManager permits Containerd, CriO, Docker, Nerdctl {

    /** What a daemon that runs knows of the runtime. */
    enum Effect {
        KNOWN,
        /** It was started before it was told. */
        NOT_KNOWN,
        NOT_RUNNING,
        /** It cannot be asked. */
        UNKNOWN
    }

    /** Its name, as its own documentation has it. */
    String name();

    /**
     * Returns what to change so that it knows the runtime. Changes nothing.
     *
     * @throws CommandFailure if it is not here, or its configuration is not such that this can be
     *     done without harm
     */
    Plan registration() throws IOException;

    /**
     * Returns what to change so that its configuration is as it was. Changes nothing.
     *
     * @throws CommandFailure if what was written is not there as it was written
     */
    Plan removal() throws IOException;

    /** True if its configuration has what {@link #registration} writes. */
    boolean registered() throws IOException;

    /**
     * Asks the program whether it reads its configuration, and finds the runtime in it.
     *
     * @throws CommandFailure if it does not
     */
    void prove() throws IOException;

    /** Asks the daemon that runs. */
    Effect effect() throws IOException;

    /** The words by which systemd makes the daemon read its configuration; empty: no need. */
    List<String> reread();
}
