package io.saya.config.annotation;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Lists by which an operator says what pods may ask for. */
final class AllowList {

    private AllowList() {}

    /**
     * True if one of the regular expressions matches the whole of a name. (Kata searches for them
     * anywhere in the name, so that there {@code path} also admits {@code jailer_path}.)
     *
     * @param name of an option of ours: pods cannot choose a text to run the expressions against
     */
    static boolean admitsName(List<String> expressions, String name) {
        for (String expression : expressions) {
            if (expression.equals(name)) {
                return true;
            }
        }
        for (String expression : expressions) {
            // Checked when the file was read; an entry of ours is always a valid expression.
            if (Pattern.compile(expression).matcher(name).matches()) {
                return true;
            }
        }
        return false;
    }

    /** True if one of the globs matches the whole of a path. */
    static boolean admitsPath(List<String> globs, Path path) {
        for (String glob : globs) {
            if (glob.equals(path.toString()) || (!glob.isEmpty() && matches(glob, path))) {
                return true;
            }
        }
        return false;
    }

    private static boolean matches(String glob, Path path) {
        try {
            return FileSystems.getDefault().getPathMatcher("glob:" + glob).matches(path);
        } catch (PatternSyntaxException e) {
            return false; // What cannot be understood admits nothing.
        }
    }
}
