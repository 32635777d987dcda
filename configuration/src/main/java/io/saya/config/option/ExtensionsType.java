package io.saya.config.option;

import io.saya.config.GuestExtension;
import io.saya.config.RootImage.Verity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Tables with {@code name}, {@code path} and {@code verity_params}. */
final class ExtensionsType extends ValueType<List<GuestExtension>> {

    /** The serial of a disk has 20 characters, of which {@code extension-} takes 10. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,10}");

    private static final Set<String> KEYS = Set.of("name", "path", "verity_params");

    @Override
    public List<GuestExtension> fromToml(Object raw) throws BadValue {
        if (!(raw instanceof List<?> tables)) {
            throw BadValue.asExpected();
        }
        List<GuestExtension> extensions = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Object table : tables) {
            GuestExtension extension = extension(table);
            if (!names.add(extension.name())) {
                throw new BadValue("two have the name '" + extension.name() + "'");
            }
            extensions.add(extension);
        }
        return List.copyOf(extensions);
    }

    private static GuestExtension extension(Object raw) throws BadValue {
        if (!(raw instanceof Map<?, ?> table)) {
            throw BadValue.asExpected();
        }
        for (Object key : table.keySet()) {
            if (!KEYS.contains(String.valueOf(key))) {
                throw new BadValue("'" + key + "' is not known; there are " + List.copyOf(KEYS));
            }
        }
        String name = text(table, "name");
        if (!NAME.matcher(name).matches()) {
            throw new BadValue(
                    "name = '" + name + "': expected 1 to 10 letters, digits, '-' and '_'");
        }
        String path = text(table, "path");
        if (!path.startsWith("/")) {
            throw new BadValue("path = '" + path + "': expected an absolute path");
        }
        String verity = text(table, "verity_params");
        try {
            if (!verity.isEmpty()) {
                Verity.parse(verity);
            }
        } catch (IllegalArgumentException e) {
            throw new BadValue("verity_params: " + e.getMessage());
        }
        return new GuestExtension(name, Path.of(path), verity);
    }

    private static String text(Map<?, ?> table, String key) throws BadValue {
        Object value = table.get(key);
        if (value == null) {
            return "";
        }
        if (value instanceof String text) {
            return text;
        }
        throw new BadValue(key + ": write it in quotes");
    }

    @Override
    public List<GuestExtension> fromText(String text) throws BadValue {
        throw new BadValue("only a file can have it");
    }

    @Override
    public String toToml(List<GuestExtension> extensions) {
        List<Map<String, String>> tables = new ArrayList<>();
        for (GuestExtension extension : extensions) {
            Map<String, String> table = new LinkedHashMap<>();
            table.put("name", extension.name());
            table.put("path", extension.path().toString());
            table.put("verity_params", extension.verityParams());
            tables.add(table);
        }
        return TomlText.of(tables);
    }

    @Override
    public String name() {
        return "[table]";
    }

    @Override
    public String expected() {
        return "tables with name, path and verity_params";
    }
}
