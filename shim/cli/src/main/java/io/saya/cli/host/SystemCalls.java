package io.saya.cli.host;

import java.io.IOException;
import jnr.constants.platform.Errno;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;

/**
 * Asks the kernel by jnr-posix what the command needs to know of terminals. The first use of this
 * class loads a native library, which takes a quarter of a second, so callers come here only when
 * they need the answer. Thread safe.
 */
final class SystemCalls {

    /** Size of {@code struct termios} with room to spare: glibc's has 60 bytes. */
    private static final int TERMIOS_BYTES = 128;

    /** {@code TCSADRAIN}: what was written goes out first. */
    private static final int AFTER_OUTPUT = 1;

    private static final POSIX LIBRARY = POSIXFactory.getNativePOSIX();

    private SystemCalls() {}

    /** Terminals, which jnr-posix leaves out; termios(3). The names are those of the C library. */
    public interface Termios {
        /** Reads the settings of a terminal; 0, or -1. */
        int tcgetattr(int fd, Pointer settings);

        /** Sets the settings of a terminal; 0, or -1. */
        int tcsetattr(int fd, int when, Pointer settings);

        /** Changes settings to those by which each byte arrives as it is typed. */
        void cfmakeraw(Pointer settings);
    }

    /** Loaded with the first terminal only. */
    private static final class Terminals {
        static final Termios TERMIOS = LibraryLoader.create(Termios.class).load("c");
        static final Runtime RUNTIME = Runtime.getRuntime(TERMIOS);
    }

    /** True if the descriptor is a terminal. */
    static boolean isTerminal(int fd) {
        return LIBRARY.isatty(fd) != 0;
    }

    /**
     * Puts a terminal in raw mode.
     *
     * @return its settings before, for {@link #restore}
     * @throws IOException if the descriptor is no terminal, or hung up
     */
    static byte[] makeRaw(int fd) throws IOException {
        Pointer settings = Memory.allocateDirect(Terminals.RUNTIME, TERMIOS_BYTES);
        require(Terminals.TERMIOS.tcgetattr(fd, settings), "read the settings of the terminal");
        byte[] before = new byte[TERMIOS_BYTES];
        settings.get(0, before, 0, before.length);
        Terminals.TERMIOS.cfmakeraw(settings);
        require(
                Terminals.TERMIOS.tcsetattr(fd, AFTER_OUTPUT, settings),
                "put the terminal in raw mode");
        return before;
    }

    /** Gives a terminal the settings that {@link #makeRaw} returned. */
    static void restore(int fd, byte[] before) throws IOException {
        Pointer settings = Memory.allocateDirect(Terminals.RUNTIME, TERMIOS_BYTES);
        settings.put(0, before, 0, before.length);
        require(
                Terminals.TERMIOS.tcsetattr(fd, AFTER_OUTPUT, settings),
                "put the terminal back in its mode");
    }

    private static void require(int result, String what) throws IOException {
        if (result != 0) {
            throw new IOException(what + ": " + lastError());
        }
    }

    private static String lastError() {
        int number = Runtime.getSystemRuntime().getLastError();
        return Errno.valueOf(number).description();
    }
}
