package io.saya.config.option;

/**
 * What values an option may have, and how they are written.
 *
 * @param <T> the checked value
 */
public abstract class ValueType<T> {

    /** Takes a value as the TOML reader gives it. */
    public abstract T fromToml(Object raw) throws BadValue;

    /** Takes the text of an annotation. */
    public abstract T fromText(String text) throws BadValue;

    /** Writes a value as TOML. */
    public abstract String toToml(T value);

    /** One or two words for the table: {@code bool}, {@code uint}, {@code string}. */
    public abstract String name();

    /** The rest of "expected ...": kind, range, unit. */
    public abstract String expected();

    /** Range or choices for the table; empty where there is nothing to say. */
    public String range() {
        return "";
    }
}
