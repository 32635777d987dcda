package io.saya.config.option;

import java.util.Collection;

/** Finds the name that was probably meant. */
public final class Similar {

    /** Longer names than any of ours are not worth the comparison. */
    private static final int MAX_LENGTH = 80;

    private Similar() {}

    /**
     * The candidate that a few slips of the finger turn into {@code name}.
     *
     * @return empty if none is near
     */
    public static String nearest(String name, Collection<String> candidates) {
        if (name.length() > MAX_LENGTH) {
            return "";
        }
        String nearest = "";
        int least = 1 + Math.max(1, name.length() / 3);
        for (String candidate : candidates) {
            int distance = distance(name, candidate, least);
            if (distance < least) {
                least = distance;
                nearest = candidate;
            }
        }
        return nearest;
    }

    /**
     * Insertions, deletions, replacements and swaps of neighbours between two words; {@code limit}
     * if there are at least as many.
     */
    private static int distance(String a, String b, int limit) {
        if (Math.abs(a.length() - b.length()) >= limit) {
            return limit;
        }
        int[] beforeLast = new int[b.length() + 1];
        int[] last = new int[b.length() + 1];
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            last[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                char x = Character.toLowerCase(a.charAt(i - 1));
                char y = Character.toLowerCase(b.charAt(j - 1));
                int best = Math.min(last[j], row[j - 1]) + 1;
                best = Math.min(best, last[j - 1] + (same(x, y) ? 0 : 1));
                if (i > 1
                        && j > 1
                        && Character.toLowerCase(a.charAt(i - 2)) == y
                        && Character.toLowerCase(b.charAt(j - 2)) == x) {
                    best = Math.min(best, beforeLast[j - 2] + 1);
                }
                row[j] = best;
            }
            int[] spare = beforeLast;
            beforeLast = last;
            last = row;
            row = spare;
        }
        return last[b.length()];
    }

    private static boolean same(char x, char y) {
        return x == y || (isSeparator(x) && isSeparator(y));
    }

    private static boolean isSeparator(char c) {
        return c == '_' || c == '-' || c == '.';
    }
}
