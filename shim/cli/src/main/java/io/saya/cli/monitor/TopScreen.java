package io.saya.cli.monitor;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import io.saya.cli.host.Terminal;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A terminal that shows one text after another in the same place, and gives keys. The text must
 * hold no control characters but line ends. Used by one thread.
 */
final class TopScreen implements AutoCloseable {
    /** Control-C, which in raw mode is a key. */
    static final int INTERRUPT = 3;

    /** The terminal has gone. */
    static final int END = -1;

    private static final String OTHER_SCREEN = "\033[?1049h\033[?25l";
    private static final String FIRST_SCREEN = "\033[?25h\033[?1049l";

    private final OutputStream out = new FileOutputStream(FileDescriptor.out);
    private final BlockingQueue<Integer> keys = new LinkedBlockingQueue<>(64);
    private final Terminal terminal;

    private TopScreen(Terminal terminal) {
        this.terminal = terminal;
    }

    /**
     * Takes the terminal until it is closed.
     *
     * @throws CommandFailure if there is none
     */
    static TopScreen open() throws IOException {
        if (!isTerminal(0) || !isTerminal(1)) {
            throw new CommandFailure(
                    ExitCode.USAGE, "saya top needs a terminal; --once prints without one");
        }
        TopScreen screen = new TopScreen(Terminal.raw());
        screen.write(OTHER_SCREEN);
        Thread.ofPlatform().daemon().name("keys").start(screen::readKeys);
        return screen;
    }

    /** Shows a text instead of the one before; what is lower than the terminal is cut. */
    void show(String text) throws IOException {
        // Longer lines would wrap: automatic margins are off meanwhile. Each line says where it
        // goes,
        // since a line end in the last row would scroll.
        StringBuilder frame = new StringBuilder("\033[?7l\033[H");
        int row = 1;
        for (String line : text.lines().toList()) {
            frame.append("\033[").append(row++).append(";1H").append(line).append("\033[K");
        }
        write(frame.append("\033[J\033[?7h").toString());
    }

    /** The next key, 0 if none comes in time. */
    int key(Duration patience) throws InterruptedException {
        Integer key = keys.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
        return key == null ? 0 : key;
    }

    @Override
    public void close() throws IOException {
        write(FIRST_SCREEN);
        terminal.close();
    }

    private static boolean isTerminal(int descriptor) throws IOException {
        String file = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
        return file.startsWith("/dev/pts/") || file.startsWith("/dev/tty");
    }

    private void readKeys() {
        InputStream in = new FileInputStream(FileDescriptor.in);
        try {
            for (int key = in.read(); key >= 0; key = in.read()) {
                // A full queue: somebody leans on the keyboard.
                boolean _ = keys.offer(key);
            }
        } catch (IOException _) {
            // Taken for its end.
        }
        boolean _ = keys.offer(END);
    }

    private void write(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }
}
