package io.saya.cli.install;

import io.saya.cli.call.CommandFailure;
import io.saya.cli.call.ExitCode;
import java.nio.file.Path;

/**
 * Lines at the end of somebody else's configuration file, between two marks. The line feed before
 * the block belongs to it, so that what is left without it is what was there, byte for byte,
 * whether or not that ended with a line feed. A file that begins with the block was made for it.
 */
final class MarkedBlock {
    static final String BEGIN =
            "# >>> written by `saya install`; `saya uninstall` takes it out again\n";
    static final String END = "# <<< saya\n";

    /** Stands in a file whose directory was made for it. */
    static final String MADE_DIRECTORY = "# Its directory was made for it.\n";

    private MarkedBlock() {}

    /** The block of these lines, each with its line feed. */
    static String of(String lines) {
        return BEGIN + lines + END;
    }

    /** A text with a block at its end. */
    static String addedTo(String text, String lines) {
        return text + "\n" + of(lines);
    }

    static boolean isIn(String text) {
        return text.contains(BEGIN);
    }

    /** True if the file consists of the block. */
    static boolean isAllOf(String text) {
        return text.startsWith(BEGIN) && text.endsWith(END);
    }

    /**
     * The text without its block.
     *
     * @param file for the error
     * @throws CommandFailure if the marks are not as they were written
     */
    static String removedFrom(String text, Path file) {
        int begin = text.indexOf(BEGIN);
        int end = text.indexOf(END, Math.max(begin, 0));
        boolean once = text.indexOf(BEGIN, begin + 1) < 0;
        if (begin < 0 || end < 0 || !once || (begin > 0 && text.charAt(begin - 1) != '\n')) {
            throw new CommandFailure(
                    ExitCode.FAILED,
                    file
                            + " has the mark '"
                            + (begin < 0 ? END : BEGIN).strip()
                            + "', but not one whole block (expected: lines from that mark to '"
                            + END.strip()
                            + "', once); take the block out by hand");
        }
        return text.substring(0, Math.max(0, begin - 1)) + text.substring(end + END.length());
    }
}
