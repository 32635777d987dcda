package io.saya.text;

/**
 * Text that others wrote, a guest above all, made fit for terminals, logs and messages: bounded,
 * and without anything that steers a terminal or makes a reader see another text than is there. It
 * is made by cleaning only, so that whoever holds one need not clean it again. Immutable.
 */
public final class PlainText {

    private static final char INSTEAD = '?';

    /** No text. */
    public static final PlainText EMPTY = new PlainText("");

    private final String text;

    private PlainText(String text) {
        this.text = text;
    }

    /**
     * One line.
     *
     * @param most characters that are kept
     */
    public static PlainText line(String text, int most) {
        return new PlainText(clean(text, most, false));
    }

    /**
     * Any number of lines, with tabs.
     *
     * @param most characters that are kept
     */
    public static PlainText lines(String text, int most) {
        return new PlainText(clean(text, most, true));
    }

    private static String clean(String text, int most, boolean layout) {
        int length = Math.min(text.length(), most);
        int plain = 0;
        while (plain < length && isPlain(text, plain, layout)) {
            plain++;
        }
        if (plain == length) {
            return text.substring(0, length);
        }
        StringBuilder clean = new StringBuilder(length).append(text, 0, plain);
        for (int i = plain; i < length; i++) {
            clean.append(isPlain(text, i, layout) ? text.charAt(i) : INSTEAD);
        }
        return clean.toString();
    }

    private static boolean isPlain(String text, int at, boolean layout) {
        char c = text.charAt(at);
        if (c >= ' ' && c < 0x7f) {
            return true;
        }
        return switch (Character.getType(c)) {
            case Character.CONTROL -> layout && (c == '\n' || c == '\t');
            // Directions of writing, joiners, other ends of lines; and what is no character.
            case Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.UNASSIGNED,
                    Character.PRIVATE_USE ->
                    false;
            case Character.SURROGATE -> isPair(text, at);
            default -> true;
        };
    }

    private static boolean isPair(String text, int at) {
        char c = text.charAt(at);
        return Character.isHighSurrogate(c)
                ? at + 1 < text.length() && Character.isLowSurrogate(text.charAt(at + 1))
                : at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PlainText plain && text.equals(plain.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    /** The text. */
    @Override
    public String toString() {
        return text;
    }
}
