package io.saya.config.load;

import java.util.ArrayList;
import java.util.List;

/** The words of a kernel command line. */
public final class KernelParameters {

    private KernelParameters() {}

    /** Splits at blanks that do not stand in double quotes, as the kernel does. */
    public static List<String> split(String line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == ' ' && !quoted) {
                if (!word.isEmpty()) {
                    words.add(word.toString());
                    word.setLength(0);
                }
            } else {
                quoted ^= c == '"';
                word.append(c);
            }
        }
        if (!word.isEmpty()) {
            words.add(word.toString());
        }
        return words;
    }
}
