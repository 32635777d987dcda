package io.saya.hypervisor;

import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;

/** The guest's console. Thread safe. */
public interface GuestConsole {

    /**
     * A line that the guest printed.
     *
     * @param epochMillis when its end arrived, on the host's clock
     * @param text printable ASCII and tabs; anything else the guest sent is a '?'
     */
    record Line(long epochMillis, String text) {}

    /** The last lines, oldest first; at most 16 KiB of text. */
    List<Line> lines();

    /**
     * Hands what the guest prints from now on to {@code output} as well, as it is.
     *
     * @param output called by the thread that reads the console: must not block
     * @return to end it
     * @throws IOException if somebody else is attached
     */
    AutoCloseable attach(Consumer<byte[]> output) throws IOException;

    /**
     * Sends bytes to the guest, as if they were typed. May block while the guest takes none.
     *
     * @throws IOException if the console is gone
     */
    void type(byte[] bytes) throws IOException;
}
