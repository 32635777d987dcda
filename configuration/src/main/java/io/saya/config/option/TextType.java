package io.saya.config.option;

/** A string; never with control characters, which no command line and no log should see. */
final class TextType extends ValueType<String> {

    /** What the text is, which decides the characters that may stand in it. */
    enum Alphabet {
        /** Any printable text. */
        LINE("a string on one line"),
        /** Words of a QEMU option: no quotes, no blanks, nothing that could start another. */
        QEMU_WORDS("words of letters, digits and any of _ . = + - :, separated by commas");

        final String expected;

        Alphabet(String expected) {
            this.expected = expected;
        }
    }

    private final Alphabet alphabet;

    TextType(Alphabet alphabet) {
        this.alphabet = alphabet;
    }

    @Override
    public String fromToml(Object raw) throws BadValue {
        if (raw instanceof String text) {
            return fromText(text);
        }
        throw BadValue.notText(raw);
    }

    @Override
    public String fromText(String text) throws BadValue {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c)) {
                throw new BadValue("it holds a control character");
            }
            if (alphabet == Alphabet.QEMU_WORDS
                    && !Character.isLetterOrDigit(c)
                    && "_.=+-:,".indexOf(c) < 0) {
                throw new BadValue("'" + c + "' cannot stand in it");
            }
        }
        return text;
    }

    @Override
    public String toToml(String value) {
        return TomlText.quote(value);
    }

    @Override
    public String name() {
        return "string";
    }

    @Override
    public String expected() {
        return alphabet.expected;
    }
}
