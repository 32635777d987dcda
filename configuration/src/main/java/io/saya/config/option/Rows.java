package io.saya.config.option;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The rows of one part of the table, in the order in which they are shown. */
final class Rows {

    private final Section section;
    private final List<Option<?>> rows = new ArrayList<>();

    Rows(Section section) {
        this.section = section;
    }

    List<Option<?>> rows() {
        return List.copyOf(rows);
    }

    <T> Option.Builder<T> row(String key, ValueType<T> type, T defaultValue) {
        return new Option.Builder<>(rows, section, key, type, defaultValue);
    }

    Option.Builder<Boolean> flag(String key, boolean defaultValue) {
        return row(key, BooleanType.INSTANCE, defaultValue);
    }

    /** A whole number without an upper bound but that of an int. */
    Option.Builder<Long> count(String key, long defaultValue, long min, String unit) {
        return count(key, defaultValue, min, Integer.MAX_VALUE, unit);
    }

    Option.Builder<Long> count(String key, long defaultValue, long min, long max, String unit) {
        return row(key, new IntegerType(min, max, unit, IntegerType.Shape.ANY), defaultValue);
    }

    Option.Builder<String> text(String key, String defaultValue) {
        return row(key, new TextType(TextType.Alphabet.LINE), defaultValue);
    }

    /** Words that become part of an option of QEMU. */
    Option.Builder<String> words(String key, String defaultValue) {
        return row(key, new TextType(TextType.Alphabet.QEMU_WORDS), defaultValue);
    }

    Option.Builder<Path> path(String key, String defaultValue) {
        return row(key, new PathType(false), Path.of(defaultValue));
    }

    /** A path that may be left out by writing the empty string. */
    Option.Builder<Path> optionalPath(String key) {
        return row(key, new PathType(true), PathType.NONE);
    }

    Option.Builder<List<String>> texts(String key, List<String> defaultValue) {
        return texts(key, defaultValue, ListType.Separator.BLANK);
    }

    Option.Builder<List<String>> texts(
            String key, List<String> defaultValue, ListType.Separator separator) {
        return row(
                key, new ListType<>(new TextType(TextType.Alphabet.LINE), separator), defaultValue);
    }

    Option.Builder<List<Path>> paths(String key) {
        return row(
                key,
                new ListType<>(new PathType(false), ListType.Separator.BLANK),
                List.<Path>of());
    }

    Option.Builder<Duration> seconds(String key, long defaultValue, long min) {
        return row(
                key,
                new DurationType(DurationType.Unit.SECONDS, min),
                Duration.ofSeconds(defaultValue));
    }

    static ValueType<Duration> milliseconds(long min) {
        return new DurationType(DurationType.Unit.MILLISECONDS, min);
    }

    /** One of a few words that need no meaning of their own. */
    static ChoiceType<String> oneOf(String... words) {
        ChoiceType<String> type = new ChoiceType<>();
        for (String word : words) {
            type.word(word, word);
        }
        return type;
    }
}
