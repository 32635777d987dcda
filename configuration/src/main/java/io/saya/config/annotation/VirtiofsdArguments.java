package io.saya.config.annotation;

import java.util.List;
import java.util.Set;

/**
 * The arguments of virtiofsd that a pod may give, once its operator admits the annotation at all.
 * Others could share another directory or take the daemon out of its sandbox, so an operator has to
 * write them into the file.
 */
final class VirtiofsdArguments {

    private static final Set<String> FLAGS =
            Set.of(
                    "--announce-submounts",
                    "--allow-direct-io",
                    "--killpriv-v2",
                    "--no-killpriv-v2",
                    "--no-readdirplus",
                    "--posix-acl",
                    "--preserve-noatime",
                    "--writeback",
                    "--xattr");

    private static final List<String> WITH_VALUE =
            List.of("--cache=", "--inode-file-handles=", "--log-level=", "--thread-pool-size=");

    /** After {@code -o}, for the daemon that comes with QEMU 7; each also with {@code no_}. */
    private static final Set<String> WORDS =
            Set.of(
                    "allow_direct_io",
                    "announce_submounts",
                    "flock",
                    "killpriv_v2",
                    "posix_lock",
                    "readdirplus",
                    "writeback",
                    "xattr");

    private VirtiofsdArguments() {}

    /** The first argument that a pod may not give; empty if there is none. */
    static String firstForbidden(List<String> arguments) {
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if ("-o".equals(argument) && i + 1 < arguments.size()) {
                i++;
                if (!areWords(arguments.get(i))) {
                    return "-o " + arguments.get(i);
                }
            } else if (!FLAGS.contains(argument) && !hasValue(argument)) {
                return argument;
            }
        }
        return "";
    }

    private static boolean areWords(String list) {
        for (String word : list.split(",", -1)) {
            String plain = word.startsWith("no_") ? word.substring("no_".length()) : word;
            if (!WORDS.contains(plain)) {
                return false;
            }
        }
        return true;
    }

    private static boolean hasValue(String argument) {
        for (String option : WITH_VALUE) {
            if (argument.startsWith(option)) {
                return true;
            }
        }
        return false;
    }
}
