package io.saya.cli.collect;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes out of a line what looks like a secret. Lines may come from a guest: no pattern here goes
 * over the same text twice.
 */
final class Redaction {
    static final String MARK = "[removed]";

    private static final Pattern NAME = Pattern.compile("[\\w.-]++");

    /** What makes a name that of a secret. */
    private static final Pattern SECRET =
            Pattern.compile(
                    "(?i)password|passwd|passphrase|secret|token|api[_-]?key|credential|cookie");

    /** Between a name and its value. */
    private static final Pattern IS = Pattern.compile("\\\\?+[\"']?+\\s*+[=:]\\s*+");

    /** In quotes, to the end of the line where they are not closed, or up to what ends a word. */
    private static final Pattern VALUE =
            Pattern.compile("\\\\?+\"[^\"]*+(?:\"|$)|'[^']*+(?:'|$)|[^\\s,;&\"']++");

    private static final Pattern AUTHORIZATION =
            Pattern.compile(
                    "(?i)\\b(authorization\\s*+[:=]\\s*+|bearer\\s++|basic\\s++)"
                            + "[\\w+/=.~-]{6,}+(\\s++[\\w+/=.~-]{6,}+)?+");

    /** User and password of a URL. */
    private static final Pattern USER_INFO = Pattern.compile("(://)[^/@\\s\"']++@");

    private Redaction() {}

    static String of(String line) {
        String text =
                AUTHORIZATION
                        .matcher(named(line))
                        .replaceAll(match -> Matcher.quoteReplacement(match.group(1) + MARK));
        return USER_INFO.matcher(text).replaceAll("$1" + MARK + "@");
    }

    /** Without the values behind names of secrets. */
    private static String named(String line) {
        StringBuilder text = new StringBuilder(line.length());
        Matcher name = NAME.matcher(line);
        Matcher is = IS.matcher(line);
        Matcher value = VALUE.matcher(line);
        int done = 0;
        int from = 0;
        while (name.find(from)) {
            from = name.end();
            if (!SECRET.matcher(name.group()).find()
                    || !is.region(from, line.length()).lookingAt()
                    || !value.region(is.end(), line.length()).lookingAt()) {
                continue;
            }
            text.append(line, done, is.end()).append(MARK);
            done = value.end();
            from = done;
        }
        return text.append(line, done, line.length()).toString();
    }
}
