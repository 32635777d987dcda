package io.saya.config.option;

/**
 * Another way to write an option.
 *
 * @param section table it stands in
 * @param key its name there
 * @param type how its value is written
 * @param note what to know when going over to the option's own name; may be empty
 * @param <T> value of the option
 */
public record Spelling<T>(Section section, String key, ValueType<T> type, String note) {}
