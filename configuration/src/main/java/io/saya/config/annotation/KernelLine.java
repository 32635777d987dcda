package io.saya.config.annotation;

import io.saya.config.load.KernelParameters;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Joins the operator's and the pod's kernel parameters. */
final class KernelLine {

    private KernelLine() {}

    /**
     * Merges two command lines: the pod's words take the place of those of the same name; the
     * others stay.
     */
    static String merge(String operators, String pods) {
        List<String> added = KernelParameters.split(pods);
        Set<String> names = new HashSet<>();
        for (String word : added) {
            names.add(name(word));
        }
        StringBuilder line = new StringBuilder();
        for (String word : KernelParameters.split(operators)) {
            if (!names.contains(name(word))) {
                append(line, word);
            }
        }
        for (String word : added) {
            append(line, word);
        }
        return line.toString();
    }

    private static String name(String word) {
        int equals = word.indexOf('=');
        return equals < 0 ? word : word.substring(0, equals);
    }

    private static void append(StringBuilder line, String word) {
        if (!line.isEmpty()) {
            line.append(' ');
        }
        line.append(word);
    }
}
