package io.saya.guest;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Finds in a kernel's output the lines that tell people why it stopped: the last line before the
 * panic's details, and what led to it. Registers and call traces, which fill the end of a console,
 * tell them nothing.
 */
final class GuestPanic {

    /** The beginning of each panic's message (Linux: kernel/panic.c). */
    private static final String PANIC = "Kernel panic - not syncing";

    /** The time that the kernel puts before each line. */
    private static final Pattern TIME = Pattern.compile("^\\[ {0,8}\\d{1,8}\\.\\d{1,9}] ?");

    private static final Pattern DETAIL =
            Pattern.compile(
                    "(?:RIP|RSP|RAX|RDX|RBP|R1[0-9]|FS|CS|CR2|DR[0-9]|PKRU|ORIG_RAX|Code|CPU"
                            + "|Call Trace|Hardware name|Modules linked in|Kernel Offset):.*"
                            + "|Rebooting in .*|---\\[.*|</?TASK>.*"
                            + "|(?:\\? )?[\\w.]{1,80}\\+0x[0-9a-f]{1,8}/0x[0-9a-f]{1,8}.*");

    private GuestPanic() {}

    /**
     * Returns the lines that tell something, in their order; none behind the line that tells the
     * panic.
     */
    static List<String> telling(String console) {
        List<String> telling = new ArrayList<>();
        for (String line : console.strip().split("\n", -1)) {
            String text = line.strip();
            if (text.isEmpty() || isDetail(text)) {
                continue;
            }
            telling.add(text);
            if (text.contains(PANIC)) {
                break;
            }
        }
        return telling;
    }

    private static boolean isDetail(String line) {
        return DETAIL.matcher(TIME.matcher(line).replaceFirst("").strip()).matches();
    }
}
