package io.saya.config.option;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** An absolute path; the empty string where a path may be left out. */
final class PathType extends ValueType<Path> {

    /** No path: TOML has no way to say it but the empty string. */
    static final Path NONE = Path.of("");

    private final boolean optional;

    PathType(boolean optional) {
        this.optional = optional;
    }

    @Override
    public Path fromToml(Object raw) throws BadValue {
        if (raw instanceof String text) {
            return fromText(text);
        }
        throw BadValue.notText(raw);
    }

    @Override
    public Path fromText(String text) throws BadValue {
        if (text.isEmpty() && optional) {
            return NONE;
        }
        for (int i = 0; i < text.length(); i++) {
            if (Character.isISOControl(text.charAt(i))) {
                throw new BadValue("it holds a control character");
            }
        }
        if (!text.startsWith("/")) {
            throw text.isEmpty() ? BadValue.asExpected() : new BadValue("it must begin with '/'");
        }
        try {
            return Path.of(text).normalize();
        } catch (InvalidPathException e) {
            throw new BadValue("no file system takes such a name");
        }
    }

    @Override
    public String toToml(Path value) {
        return TomlText.quote(value.toString());
    }

    @Override
    public String name() {
        return "path";
    }

    @Override
    public String expected() {
        return optional ? "an absolute path or \"\"" : "an absolute path";
    }
}
