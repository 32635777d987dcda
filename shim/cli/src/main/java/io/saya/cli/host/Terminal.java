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
     * Begins to load what {@link #raw} needs, where stdin may be a terminal; does not wait. For
     * callers that have something else to wait for first.
     */
    public static void prepare() throws IOException {
        if (mayBeTerminal()) {
            Thread.ofPlatform()
                    .name("terminal library")
                    .daemon(true)
                    .start(() -> SystemCalls.isTerminal(STDIN));
        }
    }

    /**
     * Sets raw mode; does nothing where stdin is no terminal.
     *
     * @throws IOException if the terminal is gone
     */
    public static Terminal raw() throws IOException {
        return mayBeTerminal() && SystemCalls.isTerminal(STDIN)
                ? new Terminal(SystemCalls.makeRaw(STDIN))
                : new Terminal(new byte[0]);
    }

    /** A pipe or a file is told without the library: scripts do not wait for it. */
    private static boolean mayBeTerminal() throws IOException {
        String file = Files.readSymbolicLink(Path.of("/proc/self/fd/" + STDIN)).toString();
        return file.startsWith("/dev/") && !file.equals("/dev/null");
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
