package io.saya.config.load;

import io.saya.config.option.Option;

/**
 * A value in effect, with its origin.
 *
 * @param option what it is a value of
 * @param value checked
 * @param origin who says so
 */
public record Setting<T>(Option<T> option, T value, Origin origin) {

    /** The value as TOML; secrets are not shown. */
    public String shown() {
        return option.isSecret() && !option.isNeutral(value)
                ? "\"…\""
                : option.type().toToml(value);
    }

    /** {@code [section] key = value}, as messages begin. */
    @Override
    public String toString() {
        return option + " = " + shown();
    }
}
