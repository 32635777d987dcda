package io.saya.config.load;

import io.saya.config.option.Option;
import io.saya.config.option.OptionTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A value for every option of the table, each with its origin. Immutable. */
public final class EffectiveConfig {

    private final Map<Option<?>, Setting<?>> settings;

    private EffectiveConfig(Map<Option<?>, Setting<?>> settings) {
        this.settings = settings;
    }

    /** The value of an option. */
    public <T> T value(Option<T> option) {
        return setting(option).value();
    }

    /** The value of an option and its origin. */
    public <T> Setting<T> setting(Option<T> option) {
        Setting<?> setting = settings.get(option);
        if (setting == null) {
            return new Setting<>(option, option.defaultValue(), new Origin.BuiltIn());
        }
        // A setting is only ever put in under its own option.
        @SuppressWarnings("unchecked")
        Setting<T> typed = (Setting<T>) setting;
        return typed;
    }

    /** True if a file or an annotation says what it is to be. */
    public boolean isSet(Option<?> option) {
        Setting<?> setting = settings.get(option);
        return setting != null && !(setting.origin() instanceof Origin.BuiltIn);
    }

    /** The settings in the order of the table. */
    public List<Setting<?>> settings() {
        List<Setting<?>> all = new ArrayList<>();
        for (Option<?> option : OptionTable.all()) {
            all.add(setting(option));
        }
        return all;
    }

    /** Begins a changed copy. */
    public Builder toBuilder() {
        return new Builder(new HashMap<>(settings));
    }

    static Builder builder() {
        return new Builder(new HashMap<>());
    }

    /** Collects settings; later ones win. */
    public static final class Builder {
        private final Map<Option<?>, Setting<?>> settings;

        private Builder(Map<Option<?>, Setting<?>> settings) {
            this.settings = settings;
        }

        /** Sets a value. */
        public <T> Builder set(Setting<T> setting) {
            settings.put(setting.option(), setting);
            return this;
        }

        boolean has(Option<?> option) {
            return settings.containsKey(option);
        }

        /** The result. */
        public EffectiveConfig build() {
            return new EffectiveConfig(new HashMap<>(settings));
        }
    }
}
