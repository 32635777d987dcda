package io.saya.config.option;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** A regular expression. */
final class RegexType extends ValueType<String> {

    static final RegexType INSTANCE = new RegexType();

    private RegexType() {}

    @Override
    public String fromToml(Object raw) throws BadValue {
        if (raw instanceof String text) {
            return fromText(text);
        }
        throw BadValue.notText(raw);
    }

    @Override
    public String fromText(String text) throws BadValue {
        // Most entries are plain names; compiling those would load the regex engine for nothing.
        if (!isPlainName(text)) {
            try {
                Pattern.compile(text);
            } catch (PatternSyntaxException e) {
                throw new BadValue(e.getDescription() + " at index " + e.getIndex());
            }
        }
        return text;
    }

    static boolean isPlainName(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!(c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toToml(String value) {
        return TomlText.quote(value);
    }

    @Override
    public String name() {
        return "regex";
    }

    @Override
    public String expected() {
        return "a regular expression";
    }
}
