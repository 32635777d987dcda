package io.saya.config.option;

/** {@code true} or {@code false}; in annotations also Go's other forms. */
final class BooleanType extends ValueType<Boolean> {

    static final BooleanType INSTANCE = new BooleanType();

    private BooleanType() {}

    @Override
    public Boolean fromToml(Object raw) throws BadValue {
        if (raw instanceof Boolean value) {
            return value;
        }
        throw raw instanceof String text && ("true".equals(text) || "false".equals(text))
                ? new BadValue("write it without quotes")
                : BadValue.asExpected();
    }

    @Override
    public Boolean fromText(String text) throws BadValue {
        return switch (text) {
            case "1", "t", "T", "TRUE", "true", "True" -> true;
            case "0", "f", "F", "FALSE", "false", "False" -> false;
            default -> throw BadValue.asExpected();
        };
    }

    @Override
    public String toToml(Boolean value) {
        return value.toString();
    }

    @Override
    public String name() {
        return "bool";
    }

    @Override
    public String expected() {
        return "true or false";
    }
}
