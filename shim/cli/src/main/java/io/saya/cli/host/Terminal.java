package io.saya.cli.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Keeps the caller's terminal in raw mode for as long as this is open: every key goes to the guest.
 * A signal that ends the command gives the terminal its mode back as well.
 */
public final class Terminal implements AutoCloseable {
    private static final int STDIN = 0;

    /** The settings before; empty where stdin is no terminal. */
    private final byte[] before;

    private final Thread atExit = new Thread(this::restoreAtExit, "terminal");

    private Terminal(byte[] before) {
        this.before = before;
        if (before.length > 0) {
            java.lang.Runtime.getRuntime().addShutdownHook(atExit);
        }
    }

    /**
     * Sets raw mode; does nothing where stdin is no terminal.
     *
     * @throws IOException if the terminal is gone
     */
    public static Terminal raw() throws IOException {
        // A pipe or a file is told without the library: scripts do not wait for it.
        String input = Files.readSymbolicLink(Path.of("/proc/self/fd/" + STDIN)).toString();
        return input.startsWith("/dev/") && SystemCalls.isTerminal(STDIN)
                ? new Terminal(SystemCalls.makeRaw(STDIN))
                : new Terminal(new byte[0]);
    }

    @Override
    public void close() throws IOException {
        if (before.length > 0) {
            try {
                java.lang.Runtime.getRuntime().removeShutdownHook(atExit);
            } catch (IllegalStateException _) {
                return; // The command is ending: the hook restores it.
            }
            SystemCalls.restore(STDIN, before);
        }
    }

    private void restoreAtExit() {
        try {
            SystemCalls.restore(STDIN, before);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
