package io.saya.cli.install;

import java.util.List;
import java.util.Optional;

/**
 * The member of {@code daemon.json}, as text. It is put behind the brace that opens an object, so
 * that nothing else moves, and found again by its own words.
 */
final class DockerRuntime {
    static final String MEMBER = "\"saya\": { \"runtimeType\": \"" + ShimLink.RUNTIME_TYPE + "\" }";

    /** The whole file, where there was none. */
    static final String ALONE = "{\n  \"runtimes\": {\n    " + MEMBER + "\n  }\n}\n";

    private static final String IN_RUNTIMES = "\n    " + MEMBER;
    private static final String WITH_RUNTIMES = "\n  \"runtimes\": { " + MEMBER + " }";

    private DockerRuntime() {}

    /**
     * @param text a JSON object without this member
     */
    static String addedTo(String text) {
        int runtimes = valueOf(text, "runtimes");
        return runtimes < 0
                ? behind(text, text.indexOf('{'), WITH_RUNTIMES)
                : behind(text, runtimes, IN_RUNTIMES);
    }

    /** The text without it; empty if it is not there in these words. */
    static Optional<String> removedFrom(String text) {
        for (String member : List.of(WITH_RUNTIMES, IN_RUNTIMES)) {
            for (String written : List.of(member + ",", member)) {
                int at = text.indexOf("{" + written);
                if (at >= 0) {
                    return Optional.of(
                            text.substring(0, at + 1) + text.substring(at + 1 + written.length()));
                }
            }
        }
        return Optional.empty();
    }

    private static String behind(String text, int brace, String member) {
        boolean empty = text.substring(brace + 1).stripLeading().startsWith("}");
        return text.substring(0, brace + 1)
                + member
                + (empty ? "" : ",")
                + text.substring(brace + 1);
    }

    /** Where the value of a member of the outermost object begins; -1: there is none. */
    private static int valueOf(String text, String name) {
        int depth = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '{' || c == '[') {
                depth++;
            } else if (c == '}' || c == ']') {
                depth--;
            } else if (c == '"') {
                int end = endOfString(text, i);
                int next = afterSpace(text, end + 1);
                if (depth == 1
                        && text.substring(i + 1, end).equals(name)
                        && text.charAt(next) == ':') {
                    return afterSpace(text, next + 1);
                }
                i = end;
            }
        }
        return -1;
    }

    private static int endOfString(String text, int quote) {
        int i = quote + 1;
        while (text.charAt(i) != '"') {
            i += text.charAt(i) == '\\' ? 2 : 1;
        }
        return i;
    }

    private static int afterSpace(String text, int from) {
        int i = from;
        while (Character.isWhitespace(text.charAt(i))) {
            i++;
        }
        return i;
    }
}
