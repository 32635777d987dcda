package io.saya.cli.text;

/** Text from elsewhere, made fit for a terminal. */
public final class Plain {
    private Plain() {}

    /** One line: whatever could steer a terminal or break the line is replaced by a '?'. */
    public static String line(String text) {
        StringBuilder clean = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            clean.append(Character.isISOControl(c) ? '?' : c);
        }
        return clean.toString();
    }
}
