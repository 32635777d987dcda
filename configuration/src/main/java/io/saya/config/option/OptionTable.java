package io.saya.config.option;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The table of all options. */
public final class OptionTable {

    private static final List<Option<?>> ALL = collect();
    private static final Map<Section, Map<String, Match<?>>> BY_NAME = byName();

    private OptionTable() {}

    /**
     * An option under one of its names.
     *
     * @param option what is meant
     * @param spelling the other way to write it; null if it is the option's own name
     */
    public record Match<T>(Option<T> option, @Nullable Spelling<T> spelling) {
        /** The type of values under this name. */
        public ValueType<T> type() {
            return spelling == null ? option.type() : spelling.type();
        }
    }

    /** Every option, in the order of the shipped file. */
    public static List<Option<?>> all() {
        return ALL;
    }

    /** The option of that name in that section, or null. */
    public static @Nullable Match<?> find(Section section, String key) {
        Map<String, Match<?>> names = BY_NAME.get(section);
        return names == null ? null : names.get(key);
    }

    /** The option whose annotation is {@code io.katacontainers.config.} and that name, or null. */
    public static @Nullable Option<?> findAnnotation(String name) {
        if (name.isEmpty()) {
            return null;
        }
        for (Option<?> option : ALL) {
            if (option.annotation().equals(name)) {
                return option;
            }
        }
        return null;
    }

    /** Lists the names that a section knows. */
    public static Collection<String> names(Section section) {
        List<String> names = new ArrayList<>();
        for (Option<?> option : ALL) {
            if (option.section() == section) {
                names.add(option.key());
            }
            for (Spelling<?> spelling : option.spellings()) {
                if (spelling.section() == section) {
                    names.add(spelling.key());
                }
            }
        }
        return names;
    }

    private static List<Option<?>> collect() {
        List<Option<?>> all = new ArrayList<>(256);
        all.addAll(VmOptions.rows());
        all.addAll(SizeOptions.rows());
        all.addAll(StorageOptions.rows());
        all.addAll(DeviceOptions.rows());
        all.addAll(ForeignOptions.rows());
        all.addAll(FactoryOptions.rows());
        all.addAll(AgentOptions.rows());
        all.addAll(RuntimeOptions.rows());
        all.addAll(OtherSections.rows());
        return List.copyOf(all);
    }

    private static Map<Section, Map<String, Match<?>>> byName() {
        Map<Section, Map<String, Match<?>>> names = new EnumMap<>(Section.class);
        for (Option<?> option : ALL) {
            put(names, option);
        }
        return names;
    }

    private static <T> void put(Map<Section, Map<String, Match<?>>> names, Option<T> option) {
        put(names, option.section(), option.key(), new Match<>(option, null));
        for (Spelling<T> spelling : option.spellings()) {
            put(names, spelling.section(), spelling.key(), new Match<>(option, spelling));
        }
    }

    private static void put(
            Map<Section, Map<String, Match<?>>> names,
            Section section,
            String key,
            Match<?> match) {
        Map<String, Match<?>> inSection = names.get(section);
        if (inSection == null) {
            inSection = new HashMap<>();
            names.put(section, inSection);
        }
        if (inSection.put(key, match) != null) {
            throw new IllegalStateException("two options are named " + section + " " + key);
        }
    }
}
