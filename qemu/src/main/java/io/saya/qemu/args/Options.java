package io.saya.qemu.args;

/**
 * A list of options in QEMU's syntax, {@code first,key=value,key=value}. A comma inside a value is
 * doubled, so a value can never become another option. Not thread safe.
 */
final class Options {
    private final StringBuilder text = new StringBuilder();

    private Options() {}

    /**
     * Starts a list.
     *
     * @param first value of the option whose key may be left out, such as a device's driver
     */
    static Options of(String first) {
        Options options = new Options();
        options.append(first);
        return options;
    }

    Options with(String key, String value) {
        text.append(',').append(key).append('=');
        append(value);
        return this;
    }

    Options with(String key, long value) {
        return with(key, Long.toString(value));
    }

    Options with(String key, boolean value) {
        return with(key, value ? "on" : "off");
    }

    /** The number of the inherited descriptor called {@code name}. */
    Options withDescriptor(String key, String name) {
        return with(key, "%fd:" + name + "%");
    }

    /** The numbers of several descriptors, as QEMU lists them. */
    Options withDescriptors(String key, Iterable<String> names) {
        StringBuilder numbers = new StringBuilder();
        for (String name : names) {
            numbers.append(numbers.isEmpty() ? "" : ":").append("%fd:").append(name).append('%');
        }
        return with(key, numbers.toString());
    }

    private void append(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == 0) {
                throw new IllegalArgumentException(
                        "option value: NUL at " + i + " (expected: text that exec can pass)");
            }
            text.append(c);
            if (c == ',') {
                text.append(c);
            }
        }
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
