package io.saya.config.option;

/** Any TOML value, for options that are only understood, never used. */
final class OpaqueType extends ValueType<Object> {

    private final String name;

    OpaqueType(String name) {
        this.name = name;
    }

    @Override
    public Object fromToml(Object raw) {
        return raw;
    }

    @Override
    public Object fromText(String text) {
        return text;
    }

    @Override
    public String toToml(Object value) {
        return TomlText.of(value);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String expected() {
        return "any value";
    }
}
