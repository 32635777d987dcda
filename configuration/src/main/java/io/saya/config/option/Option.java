package io.saya.config.option;

import java.util.ArrayList;
import java.util.List;

/**
 * One row of the table of options: a key of the configuration file and all that is known about it.
 * Parsing, checks, annotations, the shipped file, the table in the README and the report on Kata's
 * files are all made from these rows, so that they cannot contradict each other.
 *
 * @param <T> its checked value
 */
public final class Option<T> {

    /** The runtimes that have an option. */
    public enum Known {
        /** Kata's runtimes in Go and in Rust. */
        BOTH,
        GO,
        RUST,
        /** Only Kata 1.x. */
        KATA_1,
        OURS
    }

    private final Section section;
    private final String key;
    private final ValueType<T> type;
    private final T defaultValue;
    private final String defaultText;
    private final T example;
    private final Known known;
    private final List<Spelling<T>> spellings;
    private final String annotation;
    private final String allowedBy;
    private final PathCheck pathCheck;
    private final boolean secret;
    private final List<T> neutral;
    private final Status status;
    private final String reason;
    private final String help;

    private Option(Builder<T> builder, String help) {
        section = builder.section;
        key = builder.key;
        type = builder.type;
        defaultValue = builder.defaultValue;
        defaultText = builder.defaultText;
        example = builder.example;
        known = builder.known;
        spellings = List.copyOf(builder.spellings);
        annotation = builder.annotation;
        allowedBy = builder.allowedBy;
        pathCheck = builder.pathCheck;
        secret = builder.secret;
        neutral = List.copyOf(builder.neutral);
        status = builder.status;
        reason = builder.reason;
        this.help = help;
    }

    /** Table it stands in. */
    public Section section() {
        return section;
    }

    /** Name in the table. */
    public String key() {
        return key;
    }

    /** The type of its values: how they are written and checked. */
    public ValueType<T> type() {
        return type;
    }

    /** Returns what holds if nothing is said; may be a stand-in, see {@link #defaultText}. */
    public T defaultValue() {
        return defaultValue;
    }

    /** The default for people, where it depends on the installation or the host. */
    public String defaultText() {
        return defaultText.isEmpty() ? type.toToml(defaultValue) : defaultText;
    }

    /** A value as it could be written: the default where there is one. */
    public String example() {
        return type.toToml(example);
    }

    /** True if the default depends on the installation or the host. */
    public boolean hasComputedDefault() {
        return !defaultText.isEmpty();
    }

    /** The runtimes that have it. */
    public Known known() {
        return known;
    }

    /** Other ways to write it. */
    public List<Spelling<T>> spellings() {
        return spellings;
    }

    /**
     * Name of its annotation behind {@code io.katacontainers.config.}, such as {@code
     * hypervisor.kernel_params}; empty if it can only be set in the file.
     */
    public String annotation() {
        return annotation;
    }

    /** Key of the list of globs that a value given by annotation must match; empty: none. */
    public String allowedBy() {
        return allowedBy;
    }

    /** Returns what must be found on the host. */
    public PathCheck pathCheck() {
        return pathCheck;
    }

    /** True if its value may be a table with a header of its own. */
    public boolean takesTable() {
        return type instanceof OpaqueType;
    }

    /** True if the value must not be shown. */
    public boolean isSecret() {
        return secret;
    }

    /** Returns what the runtime does about it. */
    public Status status() {
        return status;
    }

    /** Why it does not work; empty if it does. */
    public String reason() {
        return reason;
    }

    /** Its purpose, as a text for people. */
    public String help() {
        return help;
    }

    /**
     * True if a value asks for nothing: the default, or what comes to the same. Only other values
     * of an option that does not work deserve a warning or an error.
     */
    public boolean isNeutral(Object value) {
        return defaultValue.equals(value) || neutral.contains(value);
    }

    /** {@code [section] key}, as messages name it. */
    @Override
    public String toString() {
        return section + " " + key;
    }

    /** Collects what is known about an option. */
    static final class Builder<T> {
        private final List<Option<?>> table;
        private final Section section;
        private final String key;
        private final ValueType<T> type;
        private final T defaultValue;
        private String defaultText = "";
        private T example;
        private Known known = Known.BOTH;
        private final List<Spelling<T>> spellings = new ArrayList<>();
        private String annotation = "";
        private String allowedBy = "";
        private PathCheck pathCheck = PathCheck.NONE;
        private boolean secret;
        private final List<T> neutral = new ArrayList<>();
        private Status status = Status.WORKS;
        private String reason = "";

        Builder(
                List<Option<?>> table,
                Section section,
                String key,
                ValueType<T> type,
                T defaultValue) {
            this.table = table;
            this.section = section;
            this.key = key;
            this.type = type;
            this.defaultValue = defaultValue;
            this.example = defaultValue;
        }

        /**
         * The default depends on the installation or the host.
         *
         * @param text the default for people
         * @param shown a value that could be written
         */
        Builder<T> computed(String text, T shown) {
            defaultText = text;
            example = shown;
            return this;
        }

        Builder<T> known(Known runtimes) {
            known = runtimes;
            return this;
        }

        Builder<T> alsoSpelled(Section otherSection, String otherKey) {
            return alsoSpelled(otherSection, otherKey, type, "");
        }

        Builder<T> alsoSpelled(
                Section otherSection, String otherKey, ValueType<T> otherType, String note) {
            spellings.add(new Spelling<>(otherSection, otherKey, otherType, note));
            return this;
        }

        /** May be set per pod, by an annotation of its own name. */
        Builder<T> annotated() {
            return annotated(key);
        }

        /** May be set per pod, by an annotation of another name. */
        Builder<T> annotated(String name) {
            String prefix =
                    switch (section) {
                        case AGENT, MEM_AGENT -> "agent.";
                        case RUNTIME -> "runtime.";
                        default -> "hypervisor.";
                    };
            annotation = prefix + name;
            return this;
        }

        Builder<T> allowedBy(String listKey) {
            allowedBy = listKey;
            return this;
        }

        Builder<T> mustBe(PathCheck check) {
            pathCheck = check;
            return this;
        }

        Builder<T> secret() {
            secret = true;
            return this;
        }

        @SafeVarargs
        final Builder<T> neutral(T... values) {
            for (T value : values) {
                neutral.add(value);
            }
            return this;
        }

        /** Marks it as {@link Status#WITHOUT_EFFECT}. Remove the call when it works. */
        Builder<T> withoutEffect(String why) {
            status = Status.WITHOUT_EFFECT;
            reason = why;
            return this;
        }

        /** Marks it as {@link Status#REFUSED}. Remove the call when it works. */
        Builder<T> refused(String why) {
            status = Status.REFUSED;
            reason = why;
            return this;
        }

        /** Ends the row: adds it to its table. */
        Option<T> help(String text) {
            Option<T> option = new Option<>(this, text);
            table.add(option);
            return option;
        }
    }
}
