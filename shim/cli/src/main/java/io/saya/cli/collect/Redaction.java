package io.saya.cli.collect;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Takes out of a line what looks like a secret. */
final class Redaction {
    static final String MARK = "[removed]";

    /** A name that is a secret's, and what stands behind it. */
    private static final Pattern NAMED =
            Pattern.compile(
                    "(?i)((?:[\\w.-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|credential|cookie)[\\w.-]*)"
                            + "\\\\?[\"']?\\s*[=:]\\s*)(\\\\?\"[^\"]*\"|'[^']*'|[^\\s,;&\"']+)");

    private static final Pattern AUTHORIZATION =
            Pattern.compile(
                    "(?i)\\b(authorization\\s*[:=]\\s*|bearer\\s+|basic\\s+)[\\w+/=.~-]{6,}(\\s+[\\w+/=.~-]{6,})?");

    /** User and password of a URL. */
    private static final Pattern USER_INFO = Pattern.compile("(://)[^/@\\s\"']+@");

    private Redaction() {}

    static String of(String line) {
        String text =
                NAMED.matcher(line)
                        .replaceAll(match -> Matcher.quoteReplacement(match.group(1) + MARK));
        text =
                AUTHORIZATION
                        .matcher(text)
                        .replaceAll(match -> Matcher.quoteReplacement(match.group(1) + MARK));
        return USER_INFO.matcher(text).replaceAll("$1" + MARK + "@");
    }
}
