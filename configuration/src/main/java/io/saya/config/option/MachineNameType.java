package io.saya.config.option;

/**
 * A machine of QEMU that has a PCIe bus: {@code q35} or one of its versions. {@link #WITHOUT_PCIE}
 * is read as well, since files of Kata name it, and stands for the newest.
 */
public final class MachineNameType extends ValueType<String> {

    /** What files of Kata 1.x, 2.0 and 2.1 name. */
    public static final String WITHOUT_PCIE = "pc";

    /** What is used for it. */
    public static final String NEWEST = "q35";

    private static final String VERSIONED = "pc-q35-";

    @Override
    public String fromToml(Object raw) throws BadValue {
        if (raw instanceof String text) {
            return fromText(text);
        }
        throw BadValue.notText(raw);
    }

    @Override
    public String fromText(String text) throws BadValue {
        if (text.equals(NEWEST)
                || text.equals(WITHOUT_PCIE)
                || (text.startsWith(VERSIONED) && isVersion(text))) {
            return text;
        }
        throw text.equals("microvm")
                ? new BadValue(
                        "microvm has no PCI bus, which every device here is on; write \"q35\"")
                : BadValue.asExpected();
    }

    private static boolean isVersion(String text) {
        for (int i = VERSIONED.length(); i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '.' && (c < '0' || c > '9')) {
                return false;
            }
        }
        return text.length() > VERSIONED.length();
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
        return "\"q35\" or one of its versions, such as \"pc-q35-7.2\"";
    }

    @Override
    public String range() {
        return "\"q35\", \"pc-q35-VERSION\"";
    }
}
