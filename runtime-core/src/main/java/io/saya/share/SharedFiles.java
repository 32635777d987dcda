package io.saya.share;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many files of its share a guest may know at a time: for each virtiofsd holds a descriptor,
 * and when they are used up, programs are told so of files that they have not opened (EMFILE,
 * EBADF). The guest's kernel forgets none before its memory is short.
 */
public final class SharedFiles {

    /** What virtiofsd sets its limit to where it may. */
    private static final long USUAL = 1_000_000;

    private static final Pattern GIVEN = Pattern.compile("--rlimit-nofile=0*([1-9][0-9]{0,17})");

    private static final Pattern HARD_LIMIT =
            Pattern.compile("Max open files +\\S+ +([0-9]{1,18}) .*");

    private SharedFiles() {}

    /**
     * The files that virtiofsd can keep.
     *
     * @param extraArguments {@code virtio_fs_extra_args}, which may set another limit
     */
    public static long most(List<String> extraArguments) {
        return most(extraArguments, hardLimit());
    }

    static long most(List<String> extraArguments, long hardLimit) {
        long wanted = USUAL;
        for (String argument : extraArguments) {
            Matcher given = GIVEN.matcher(argument);
            if (given.matches()) {
                wanted = Long.parseLong(given.group(1));
            }
        }
        return Math.min(wanted, hardLimit);
    }

    /** That of this process, which virtiofsd inherits. */
    private static long hardLimit() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/limits"))) {
                Matcher limit = HARD_LIMIT.matcher(line);
                if (limit.matches()) {
                    return Long.parseLong(limit.group(1));
                }
            }
            return USUAL;
        } catch (IOException e) {
            return USUAL;
        }
    }
}
