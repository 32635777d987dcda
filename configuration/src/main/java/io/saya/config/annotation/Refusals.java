package io.saya.config.annotation;

import io.saya.config.load.LoadedConfig;
import io.saya.config.load.Origin;
import io.saya.config.load.Setting;
import io.saya.config.option.Option;
import io.saya.config.option.OptionTable;
import io.saya.config.option.Section;
import io.saya.config.option.Similar;
import io.saya.config.option.StorageOptions;
import io.saya.config.option.TomlText;
import io.saya.config.option.VmOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Says why an annotation is refused, and what to write where if it should not be. */
final class Refusals {

    private static final String HYPERVISOR = "hypervisor.";

    private Refusals() {}

    /** The name that must stand in {@code enable_annotations}. */
    static String listName(String name) {
        return name.startsWith(HYPERVISOR) ? name.substring(HYPERVISOR.length()) : name;
    }

    static String notEnabled(LoadedConfig base, String name) {
        return "is not enabled; to allow it, add "
                + TomlText.quote(listName(name))
                + " to "
                + place(base, VmOptions.ENABLE_ANNOTATIONS);
    }

    static String notListed(LoadedConfig base, Option<List<String>> list, Path path) {
        return TomlText.shown(path.toString())
                + " is not on the list; to allow it, add "
                + TomlText.quote(path.toString())
                + " to "
                + place(base, list);
    }

    private static String place(LoadedConfig base, Option<List<String>> list) {
        Setting<List<String>> setting = base.effective().setting(list);
        String now = list.key() + " in section " + list.section() + " of ";
        if (setting.origin() instanceof Origin.InFile written) {
            return now + written.file() + " (line " + written.position().line() + ")";
        }
        String file =
                base.sources().file().isPresent()
                        ? base.sources().file().get().toString()
                        : "/etc/saya/configuration.toml (a new file)";
        return now + file + " (it is not set there; by default it is " + setting.shown() + ")";
    }

    /** The list that governs the values of an option. */
    static Option<List<String>> listOf(Option<?> option) {
        for (Option<List<String>> list :
                List.of(
                        VmOptions.VALID_PATHS,
                        VmOptions.VALID_BOOT_PATHS,
                        VmOptions.VALID_ENTROPY_SOURCES,
                        StorageOptions.VALID_VIRTIO_FS_DAEMON_PATHS,
                        StorageOptions.VALID_VHOST_USER_STORE_PATHS)) {
            if (list.key().equals(option.allowedBy())) {
                return list;
            }
        }
        throw new IllegalStateException("no list " + option.allowedBy() + " for " + option);
    }

    static String unknown(String name) {
        int dot = name.indexOf('.');
        String prefix = dot < 0 ? "" : name.substring(0, dot);
        String key = name.substring(dot + 1);
        Section section =
                switch (prefix) {
                    case "hypervisor" -> Section.HYPERVISOR;
                    case "agent" -> Section.AGENT;
                    default -> Section.RUNTIME;
                };
        if (!prefix.isEmpty() && OptionTable.find(section, key) != null) {
            return "cannot be set per pod; set "
                    + key
                    + " in section "
                    + section
                    + " of the configuration file";
        }
        List<String> names = new ArrayList<>();
        for (Option<?> option : OptionTable.all()) {
            if (!option.annotation().isEmpty()) {
                names.add(option.annotation());
            }
        }
        String near = Similar.nearest(name, names);
        return near.isEmpty()
                ? "no option has this name; the table in the configuration's README lists all"
                : "no option has this name; did you mean " + near + "?";
    }
}
